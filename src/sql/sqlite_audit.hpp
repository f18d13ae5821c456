#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "chat/store_audit.hpp"
#include "sql/sqlite_database.hpp"

namespace chatsync::sql {

// The operations of StoreAudit.

Result<std::vector<StoreTally>> read_tallies(SqliteDatabase& database, const std::string& after,
                                             std::size_t limit);

Result<std::vector<std::string>> read_stored_turn_ids(SqliteDatabase& database,
                                                      std::span<const std::string> turn_ids);

Result<std::vector<std::int64_t>> read_missing_seqs(SqliteDatabase& database, const std::string& session_id,
                                                    std::size_t limit);

Result<std::vector<OrphanTurns>> read_orphans(SqliteDatabase& database, const std::string& after,
                                              std::size_t limit);

}  // namespace chatsync::sql
