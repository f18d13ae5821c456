#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sql/mysql_batch.hpp"
#include "sql/mysql_connection.hpp"

namespace chatsync::sql {

/// Microseconds since the epoch, within the years that MySQL knows.
inline std::int64_t storable_time(std::int64_t timestamp_us) {
  constexpr std::int64_t kLastUs = 253'402'300'799'999'999;  // the end of the year 9999
  return std::clamp<std::int64_t>(timestamp_us, 0, kLastUs);
}

/// A DATETIME(6) of such a number, or of an expression that gives one.
inline std::string datetime_of(std::string_view microseconds) {
  return fmt::format("TIMESTAMP'1970-01-01 00:00:00.000000' + INTERVAL {} MICROSECOND", microseconds);
}
inline std::string datetime_of(std::int64_t timestamp_us) {
  return datetime_of(fmt::to_string(storable_time(timestamp_us)));
}

/// The expression that reads such a column back as microseconds.
inline std::string microseconds_of(std::string_view column) {
  return fmt::format("TIMESTAMPDIFF(MICROSECOND, TIMESTAMP'1970-01-01 00:00:00.000000', {})", column);
}

/// Runs `run(statement)` for as many statements as the rows need: `head`, some of `rows` with commas between,
/// `tail`. Stops at the first failure and returns it.
template <class Run>
SqlResult<void> run_in_parts(const MySqlConnection& connection, std::string_view head,
                             std::span<const std::string> rows, std::string_view tail, Run run) {
  constexpr std::size_t kMaxRows = 1'000;
  std::vector<std::size_t> bytes;
  bytes.reserve(rows.size());
  for (const auto& row : rows) bytes.push_back(row.size() + 1);
  for (const auto [begin, end] : split_rows(bytes, connection.max_statement_bytes(), kMaxRows)) {
    const auto part = rows.subspan(begin, end - begin);
    const SqlResult<void> done = run(fmt::format("{}{}{}", head, fmt::join(part, ","), tail));
    if (!done) return done;
  }
  return {};
}

/// run_in_parts for statements without a result.
inline SqlResult<void> execute_in_parts(MySqlConnection& connection, std::string_view head,
                                        std::span<const std::string> rows, std::string_view tail) {
  return run_in_parts(connection, head, rows, tail, [&](const std::string& statement) -> SqlResult<void> {
    if (auto done = connection.execute(statement); !done) return sql_failure_of(std::move(done));
    return {};
  });
}

/// run_in_parts for queries; the rows of all of them.
inline SqlResult<SqlRows> query_in_parts(MySqlConnection& connection, std::string_view head,
                                         std::span<const std::string> rows, std::string_view tail) {
  SqlRows all;
  auto done =
      run_in_parts(connection, head, rows, tail, [&](const std::string& statement) -> SqlResult<void> {
        auto some = connection.query(statement);
        if (!some) return sql_failure_of(std::move(some));
        std::ranges::move(*some, std::back_inserter(all));
        return {};
      });
  if (!done) return sql_failure_of(std::move(done));
  return all;
}

}  // namespace chatsync::sql
