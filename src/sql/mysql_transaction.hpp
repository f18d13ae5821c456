#pragma once

#include <utility>

#include "sql/mysql_connection.hpp"

namespace chatsync::sql {

/// Runs `work` after `begin` and before COMMIT, or takes everything back.
template <class Work>
auto in_transaction(MySqlConnection& connection, Work work, std::string_view begin = "START TRANSACTION")
    -> decltype(work()) {
  if (auto begun = connection.execute(begin); !begun) return sql_failure_of(std::move(begun));
  auto result = work();
  if (result) {
    auto committed = connection.commit();
    if (committed) return result;
    result = sql_failure_of(std::move(committed));
  }
  connection.rollback();
  return result;
}

/// Runs queries that must see the same state of the tables.
template <class Work>
auto in_snapshot(MySqlConnection& connection, Work work) -> decltype(work()) {
  auto isolated = connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
  if (!isolated) return sql_failure_of(std::move(isolated));
  auto result =
      in_transaction(connection, std::move(work), "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
  // Nothing was to be committed, so nothing is open.
  if (!result) result.error().at_commit = false;
  return result;
}

}  // namespace chatsync::sql
