#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "chat/store_audit.hpp"
#include "sql/mysql_connection.hpp"

namespace chatsync::sql {

// The operations of StoreAudit on one connection.

SqlResult<std::vector<StoreTally>> read_tallies(MySqlConnection& connection, const std::string& after,
                                                std::size_t limit);

SqlResult<std::vector<std::string>> read_stored_turn_ids(MySqlConnection& connection,
                                                         std::span<const std::string> turn_ids);

SqlResult<std::vector<std::int64_t>> read_missing_seqs(MySqlConnection& connection,
                                                       const std::string& session_id, std::size_t limit);

SqlResult<std::vector<OrphanTurns>> read_orphans(MySqlConnection& connection, const std::string& after,
                                                 std::size_t limit);

}  // namespace chatsync::sql
