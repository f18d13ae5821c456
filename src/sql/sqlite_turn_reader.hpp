#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "chat/turn_store.hpp"
#include "sql/sqlite_database.hpp"

namespace chatsync::sql {

/// A reading connection of the SQLite store. Blocking; used by one thread at a time. The functions are those
/// of TurnStore.
class SqliteTurnReader {
 public:
  static Result<SqliteTurnReader> create(SqliteDatabase database);

  Result<std::optional<StoredSession>> load(const std::string& session_id, std::size_t recent);
  Result<std::vector<Turn>> turns(const std::string& session_id, const TurnPage& page);
  Result<std::optional<Turn>> find_turn(const std::string& turn_id);
  Result<std::int64_t> count_turns(const std::string& session_id);
  Result<std::vector<Session>> sessions_of(const std::string& user_id, const SessionPage& page);
  Result<void> ping();

  /// For what else is read.
  SqliteDatabase& database() { return database_; }

 private:
  Result<std::optional<StoredSession>> load_rows(const std::string& session_id, std::size_t recent);
  Result<std::vector<Turn>> read_turns(SqliteStatement& query, const std::string& session_id);
  Result<std::vector<Session>> read_sessions(SqliteStatement& query);

  SqliteDatabase database_;
  SqliteStatement find_session_;
  SqliteStatement turns_before_;
  SqliteStatement settled_turns_;
  SqliteStatement unsettled_turns_;
  SqliteStatement turns_after_;
  SqliteStatement session_of_turn_;
  SqliteStatement count_turns_;
  SqliteStatement sessions_of_;
  SqliteStatement sessions_by_id_;
};

}  // namespace chatsync::sql
