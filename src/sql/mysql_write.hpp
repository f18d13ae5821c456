#pragma once

#include <cstddef>
#include <string>

#include "chat/turn_store.hpp"
#include "sql/mysql_connection.hpp"

namespace chatsync::sql {

/// TurnStore::write on one connection, in one transaction. After a failure nothing is left open, and nothing
/// took effect unless the error is `at_commit`.
SqlResult<WriteOutcome> write_batch(MySqlConnection& connection, const TurnBatch& batch, InsertPath path);

}  // namespace chatsync::sql
