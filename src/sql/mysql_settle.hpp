#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
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

/// The unsettled ones among `turns`, by session, with the numbers and time stamps that the turns have. Turns
/// without a number are left out.
SqlResult<std::map<std::string, std::vector<SettledTurn>>> unsettled_among(
    MySqlConnection& connection, std::span<const PendingTurn* const> turns);

/// Gives unsettled turns their numbers and stamps within a transaction of the caller's, who has locked the
/// session. `final_timestamp_us` 0 leaves the stamp as it is.
SqlResult<void> number_unsettled(MySqlConnection& connection, const std::string& session_id,
                                 std::span<const SettledTurn> turns);

SqlResult<std::vector<SessionCount>> read_counts(MySqlConnection& connection,
                                                 std::span<const std::string> session_ids);

}  // namespace chatsync::sql
