#pragma once

#include <cstddef>
#include <string>

#include "sql/mysql_connection.hpp"

namespace chatsync::sql {

// TurnStore::erase in steps. Each is a transaction of its own and may be repeated: first the tombstone, which
// keeps everybody from adding to the session; then what the session has, a piece at a time, so that no huge
// transaction holds locks for long. An erasure that broke off is completed by another one.

/// Makes the tombstone and deletes the marks of unsettled turns, which the tombstone's count then includes.
SqlResult<void> bury_session(MySqlConnection& connection, const std::string& session_id,
                             std::int64_t accepted);

/// Deletes some dead letters of the session; returns false if none are left.
SqlResult<bool> delete_some_letters(MySqlConnection& connection, const std::string& session_id);

inline constexpr std::size_t kTurnsPerPiece = 10'000;

/// Deletes at most kTurnsPerPiece turns of the session; returns how many.
SqlResult<std::size_t> delete_some_turns(MySqlConnection& connection, const std::string& session_id);

}  // namespace chatsync::sql
