#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "sql/sqlite_database.hpp"

namespace chatsync::sql {

// TurnStore::erase in steps. Each is a transaction of its own and may be repeated: first the tombstone, which
// keeps everybody from adding to the session; then what the session has, a piece at a time, so that others
// write in between. An erasure that broke off is completed by another one.

/// Makes the tombstone and deletes the marks of unsettled turns, which the tombstone's count then includes,
/// and the session's dead letters.
Result<void> bury_session(SqliteDatabase& database, const std::string& session_id, std::int64_t accepted);

inline constexpr std::size_t kTurnsPerPiece = 10'000;

/// Deletes at most kTurnsPerPiece turns of the session; returns how many.
Result<std::size_t> delete_some_turns(SqliteDatabase& database, const std::string& session_id);

}  // namespace chatsync::sql
