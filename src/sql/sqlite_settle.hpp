#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "chat/turn_store.hpp"
#include "sql/sqlite_database.hpp"

namespace chatsync::sql {

// What brings cache and store together again; each as in TurnStore.

Result<std::vector<std::string>> read_unsettled_sessions(SqliteDatabase& database, const std::string& after,
                                                         std::size_t limit);

Result<void> settle_turns(SqliteDatabase& database, const std::string& session_id,
                          std::vector<SettledTurn> turns, std::uint64_t lineage);

/// Gives an unsettled turn its number and stamp within a transaction of the caller's; one that is not
/// unsettled is left alone. `final_timestamp_us` 0 leaves the stamp as it is.
Result<void> settle_one(SqliteDatabase& database, const std::string& session_id, const SettledTurn& turn);

/// Where the session's turn of this id is stored, if it is unsettled.
Result<std::optional<std::int64_t>> find_unsettled(SqliteDatabase& database, const std::string& session_id,
                                                   const std::string& turn_id);

Result<std::vector<SessionCount>> read_counts(SqliteDatabase& database,
                                              std::span<const std::string> session_ids);

}  // namespace chatsync::sql
