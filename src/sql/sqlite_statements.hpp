#pragma once

#include <string_view>
#include <utility>

#include "base/fault.hpp"
#include "sql/sqlite_database.hpp"

namespace chatsync::sql {

/// Prepares a statement, binds the values in order and runs it to its end.
template <class... Values>
Result<void> run_statement(SqliteDatabase& database, std::string_view sql, const Values&... values) {
  Result<SqliteStatement> statement = database.prepare(sql);
  if (!statement) return failure_of(std::move(statement));
  statement->bind_all(values...);
  return statement->run();
}

/// Prepares a query, binds the values in order and calls `read(row)` for every row.
template <class Read, class... Values>
Result<void> for_each_row(SqliteDatabase& database, std::string_view sql, Read read,
                          const Values&... values) {
  Result<SqliteStatement> query = database.prepare(sql);
  if (!query) return failure_of(std::move(query));
  query->bind_all(values...);
  while (true) {
    const Result<bool> row = query->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    read(std::as_const(*query));
  }
}

/// Runs `work` between `begin` and COMMIT, or takes everything back.
template <class Work>
auto in_transaction(SqliteDatabase& database, Work work, const char* begin = "BEGIN IMMEDIATE")
    -> decltype(work()) {
  if (Result<void> begun = database.execute(begin); !begun) return failure_of(std::move(begun));
  auto outcome = work();
  if (outcome) {
    fault::point("sqlite.before_commit");
    Result<void> committed = database.execute("COMMIT");
    fault::point("sqlite.committed");
    if (!committed) outcome = failure_of(std::move(committed));
  }
  database.rollback();
  return outcome;
}

/// Runs queries that must see the same state of the tables.
template <class Work>
auto in_snapshot(SqliteDatabase& database, Work work) -> decltype(work()) {
  return in_transaction(database, std::move(work), "BEGIN");
}

}  // namespace chatsync::sql
