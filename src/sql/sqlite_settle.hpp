#pragma once

#include <cstddef>
#include <cstdint>
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

Result<std::vector<SessionCount>> read_counts(SqliteDatabase& database,
                                              std::span<const std::string> session_ids);

}  // namespace chatsync::sql
