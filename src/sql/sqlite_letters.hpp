#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "chat/dead_letters.hpp"
#include "sql/sqlite_database.hpp"

namespace chatsync::sql {

/// Adds the letter unless it is there already, discarded or not. The caller holds the transaction.
Result<void> insert_letter(SqliteDatabase& database, const DeadLetter& letter);

// The operations of DeadLetters.

Result<std::vector<StoredLetter>> list_letters(SqliteDatabase& database, const LetterPage& page);

Result<std::optional<StoredLetter>> find_letter(SqliteDatabase& database, std::int64_t id);

Result<void> discard_letter(SqliteDatabase& database, std::int64_t id);

Result<ReplayOutcome> replay_letter(SqliteDatabase& database, std::int64_t id);

}  // namespace chatsync::sql
