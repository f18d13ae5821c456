#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "base/settings.hpp"
#include "sql/sql_store.hpp"

namespace chatsync::sql {

/// How the turns of a batch travel to the server.
enum class InsertPath {
  best,  ///< Bulk binding where the server has it, text elsewhere.
  text,  ///< Multi-row statements: every server.
  bulk,  ///< MariaDB's bulk binding only: opening fails where the server has none.
};

struct MySqlOptions {
  Settings::MySql server;
  InsertPath insert_path = InsertPath::best;
  bool search_index = false;  ///< Whether turns that are stored are to be found by search().
  /// How long a statement waits for a row lock before the batch is rolled back and reported `unavailable`.
  /// Absent: 5 s, or half of the server's time-out if that is less, so that the server answers before the
  /// driver gives the connection up.
  std::optional<std::chrono::seconds> lock_wait{};
};

/// Connects to MySQL 8 or MariaDB 10.6+, creates the database if it is missing and the user may, brings the
/// tables up to date (one instance at a time, by GET_LOCK), and keeps at most `connections` connections, each
/// on a thread of its own. Blocks the caller until that is done or `server.timeout` is over: for the start of
/// the program.
///
/// Connections are opened when needed, checked after a pause and replaced when broken, so the store outlives
/// restarts of the server. A failure is one line that names the server, the user and what to do.
Result<std::unique_ptr<SqlStore>> open_mysql_store(MySqlOptions options, std::size_t connections);

}  // namespace chatsync::sql
