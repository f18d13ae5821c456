#pragma once

#include <span>

#include "sql/append_plan.hpp"
#include "sql/sqlite_database.hpp"

namespace chatsync::sql {

/// TurnStore::append in one transaction: all turns but those of erased sessions, or none.
Result<AppendOutcomes> append_turns(SqliteDatabase& database, std::span<const DirectTurn> turns);

}  // namespace chatsync::sql
