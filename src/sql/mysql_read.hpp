#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chat/turn_store.hpp"
#include "sql/mysql_connection.hpp"

namespace chatsync::sql {

// The reading operations of TurnStore on one connection; each is one consistent view.

SqlResult<std::optional<StoredSession>> load_session(MySqlConnection& connection,
                                                     const std::string& session_id, std::size_t recent);

/// A session to be loaded with so many of its newest turns.
struct SessionLoad {
  std::string session_id;
  std::size_t recent = 0;
};

/// load_session() for each, whose views differ. Sessions that the store does not know, as are most that are
/// asked for together, cost one query for all.
SqlResult<std::vector<std::optional<StoredSession>>> load_sessions(MySqlConnection& connection,
                                                                   std::span<const SessionLoad> wanted);

SqlResult<std::vector<Turn>> read_turns(MySqlConnection& connection, const std::string& session_id,
                                        const TurnPage& page);

SqlResult<std::int64_t> count_turns(MySqlConnection& connection, const std::string& session_id);

/// The first time stamp from `from_us` on that no turn of the session has.
SqlResult<std::int64_t> first_free_timestamp(MySqlConnection& connection, const std::string& session_id,
                                             std::int64_t from_us);

/// The columns of chat_messages that make up a turn, in the order in which query_turns() reads them.
std::string_view turn_columns();
SqlResult<std::vector<Turn>> query_turns(MySqlConnection& connection, std::string_view query);

SqlResult<std::optional<Turn>> find_turn(MySqlConnection& connection, const std::string& turn_id);

SqlResult<std::vector<Session>> read_sessions_of(MySqlConnection& connection, const std::string& user_id,
                                                 const SessionPage& page);

}  // namespace chatsync::sql
