#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "chat/turn_store.hpp"
#include "sql/mysql_connection.hpp"

namespace chatsync::sql {

// What brings cache and store together again; each as in TurnStore, on one connection.

SqlResult<std::vector<std::string>> read_unsettled_sessions(MySqlConnection& connection,
                                                            const std::string& after, std::size_t limit);

SqlResult<void> settle_turns(MySqlConnection& connection, const std::string& session_id,
                             std::span<const SettledTurn> turns, std::uint64_t lineage);

SqlResult<std::vector<SessionCount>> read_counts(MySqlConnection& connection,
                                                 std::span<const std::string> session_ids);

}  // namespace chatsync::sql
