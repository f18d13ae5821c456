// The fence is one row with the lineage admitted last. Writers hold it shared and first of all locks; so
// whoever changes it waits for the writers of the earlier cache, and those that come after are refused.
#include "sql/mysql_lineages.hpp"

#include <fmt/format.h>

#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include "sql/mysql_transaction.hpp"

namespace chatsync::sql {
namespace {

SqlResult<std::uint64_t> read_fence(MySqlConnection& connection, std::string_view lock) {
  const auto rows = connection.query(fmt::format("SELECT lineage FROM cache_fence WHERE id = 1 {}", lock));
  if (!rows) return std::unexpected(rows.error());
  std::uint64_t lineage = 0;
  if (rows->empty()) return lineage;
  const std::string& text = rows->front().at(0).value();
  std::from_chars(text.data(), text.data() + text.size(), lineage);
  return lineage;
}

SqlResult<bool> holds(MySqlConnection& connection, std::string_view table, std::uint64_t lineage) {
  const auto rows = connection.query(fmt::format("SELECT 1 FROM {} WHERE lineage = {}", table, lineage));
  if (!rows) return std::unexpected(rows.error());
  return !rows->empty();
}

SqlResult<void> run(MySqlConnection& connection, const std::string& statement) {
  if (auto done = connection.execute(statement); !done) return sql_failure_of(std::move(done));
  return {};
}

SqlResult<bool> move_fence(MySqlConnection& connection, std::uint64_t lineage, std::uint64_t expected) {
  const auto last = read_fence(connection, "FOR UPDATE");
  if (!last) return std::unexpected(last.error());
  if (*last != expected) return false;
  if (*last == lineage) return true;
  const auto superseded = holds(connection, "superseded_lineages", lineage);
  if (!superseded) return std::unexpected(superseded.error());
  if (*superseded) return false;
  if (*last != 0) {
    auto left = run(connection, fmt::format("INSERT INTO superseded_lineages (lineage) VALUES ({}) "
                                            "ON DUPLICATE KEY UPDATE lineage = VALUES(lineage)",
                                            *last));
    if (!left) return sql_failure_of(std::move(left));
  }
  auto moved = run(connection, fmt::format("INSERT INTO cache_fence (id, lineage) VALUES (1, {}) "
                                           "ON DUPLICATE KEY UPDATE lineage = VALUES(lineage)",
                                           lineage));
  if (!moved) return sql_failure_of(std::move(moved));
  return true;
}

}  // namespace

SqlResult<void> pass_fence(MySqlConnection& connection, std::uint64_t lineage) {
  if (lineage == 0) return {};
  const auto admitted = read_fence(connection, "LOCK IN SHARE MODE");
  if (!admitted) return std::unexpected(admitted.error());
  if (*admitted == 0 || *admitted == lineage) return {};
  return std::unexpected(
      SqlError{.message = "another cache has taken the place of this one", .superseded = true});
}

SqlResult<std::uint64_t> read_admitted_lineage(MySqlConnection& connection) {
  return read_fence(connection, "");
}

SqlResult<bool> admit_lineage(MySqlConnection& connection, std::uint64_t lineage, std::uint64_t expected) {
  return in_transaction(connection, [&] { return move_fence(connection, lineage, expected); });
}

SqlResult<bool> is_lineage_known(MySqlConnection& connection, std::uint64_t lineage) {
  return holds(connection, "cache_lineages", lineage);
}

SqlResult<void> insert_lineage(MySqlConnection& connection, std::uint64_t lineage) {
  return run(connection, fmt::format("INSERT INTO cache_lineages (lineage, verified_at) VALUES ({}, NOW(6)) "
                                     "ON DUPLICATE KEY UPDATE lineage = VALUES(lineage)",
                                     lineage));
}

}  // namespace chatsync::sql
