#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace chatsync::sql {

/// One step of a schema: the text of its file and the version that the schema has after it.
struct Migration {
  std::int64_t version = 0;
  std::string_view sql;
};

/// What the runner needs of a database, as plain calls, so that it knows no driver.
struct MigrationDriver {
  /// Runs one statement without a result.
  std::function<Result<void>(std::string statement)> execute;
  /// Runs a query and returns the integer in its first row.
  std::function<Result<std::int64_t>(std::string query)> query_integer;
};

/// Brings the schema to the last of `migrations` (ascending versions) and records each step in
/// `schema_version`. The caller keeps other instances out meanwhile. Fails with `internal` if the schema is
/// newer than the last one known, since an older program must not write into it. A schema that is up to date
/// is only read.
Result<void> run_migrations(std::span<const Migration> migrations, const MigrationDriver& driver);

/// The statements of a migration file, without comments. A statement ends with a semicolon at the end of a
/// line.
std::vector<std::string> split_statements(std::string_view sql);

}  // namespace chatsync::sql
