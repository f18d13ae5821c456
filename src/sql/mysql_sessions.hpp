#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "sql/mysql_batch.hpp"
#include "sql/mysql_connection.hpp"

namespace chatsync::sql {

// The rows of chat_sessions within a transaction of the caller's. Whoever changes what belongs to a session
// locks its row first, in the order of the ids, so that what is then read of the session stays true until the
// COMMIT.

/// Makes or brings forward the rows, which are in the order of their ids, and locks them. Of a tombstone only
/// the count grows.
SqlResult<void> upsert_sessions(MySqlConnection& connection, std::span<const BatchSession> sessions,
                                bool by_bulk_binding);

/// The statement that does so for an array of rows: of each its session's id, owner, title and count, and
/// when it was made and changed, in microseconds since the epoch.
const std::string& upsert_sessions_statement();

/// The tombstones among these sessions.
SqlResult<std::unordered_set<std::string>> find_erased(MySqlConnection& connection,
                                                       std::span<const std::string> session_ids);

/// Makes the count of a session at least `count`, and locks its row, if it has one.
SqlResult<void> raise_count(MySqlConnection& connection, std::string_view session_id, std::int64_t count);

/// Raises the counts of sessions with turns that have no number to that of their rows.
SqlResult<void> count_rows(MySqlConnection& connection, std::span<const std::string> session_ids);

/// Each text as a literal.
std::vector<std::string> literals(MySqlConnection& connection, std::span<const std::string> texts);

}  // namespace chatsync::sql
