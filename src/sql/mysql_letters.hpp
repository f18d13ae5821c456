#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "chat/dead_letters.hpp"
#include "sql/mysql_connection.hpp"

namespace chatsync::sql {

// The operations of DeadLetters on one connection.

SqlResult<std::vector<StoredLetter>> list_letters(MySqlConnection& connection, const LetterPage& page);

SqlResult<std::optional<StoredLetter>> find_letter(MySqlConnection& connection, std::int64_t id);

/// False if there is no such letter.
SqlResult<bool> discard_letter(MySqlConnection& connection, std::int64_t id);

/// Nothing if there is no such letter.
SqlResult<std::optional<ReplayOutcome>> replay_letter(MySqlConnection& connection, std::int64_t id,
                                                      InsertPath path);

}  // namespace chatsync::sql
