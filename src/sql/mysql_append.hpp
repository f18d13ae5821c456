#pragma once

#include <span>

#include "sql/append_plan.hpp"
#include "sql/mysql_connection.hpp"

namespace chatsync::sql {

/// TurnStore::append on one connection, in one transaction: all turns but those of erased sessions, or none.
SqlResult<AppendOutcomes> append_turns(MySqlConnection& connection, std::span<const DirectTurn> turns,
                                       InsertPath path);

}  // namespace chatsync::sql
