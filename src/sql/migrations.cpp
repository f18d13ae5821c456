#include "sql/migrations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace chatsync::sql {
namespace {

constexpr auto kCreateVersionTable =
    "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL PRIMARY KEY, "
    "applied_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)";
constexpr auto kReadVersion = "SELECT COALESCE(MAX(version), 0) FROM schema_version";

/// Reads first and creates only if that fails: a user without the right to create tables may run a schema
/// that is up to date.
Result<std::int64_t> current_version(const MigrationDriver& driver) {
  if (auto version = driver.query_integer(kReadVersion)) return version;
  if (auto created = driver.execute(kCreateVersionTable); !created) return failure_of(std::move(created));
  return driver.query_integer(kReadVersion);
}

std::string_view without_comment(std::string_view line) {
  const auto comment = line.find("--");
  if (comment != std::string_view::npos) line = line.substr(0, comment);
  const auto end = line.find_last_not_of(" \t\r");
  return end == std::string_view::npos ? std::string_view() : line.substr(0, end + 1);
}

}  // namespace

std::vector<std::string> split_statements(std::string_view sql) {
  std::vector<std::string> statements;
  std::string statement;
  while (!sql.empty()) {
    const auto line_end = std::min(sql.find('\n'), sql.size());
    const auto line = without_comment(sql.substr(0, line_end));
    sql.remove_prefix(std::min(line_end + 1, sql.size()));
    if (line.empty()) continue;
    if (!statement.empty()) statement += '\n';
    statement += line;
    if (line.back() != ';') continue;
    statement.pop_back();
    statements.push_back(std::move(statement));
    statement.clear();
  }
  if (!statement.empty()) statements.push_back(std::move(statement));
  return statements;
}

Result<void> run_migrations(std::span<const Migration> migrations, const MigrationDriver& driver) {
  const auto version = current_version(driver);
  if (!version) return std::unexpected(version.error());
  const auto newest = migrations.empty() ? 0 : migrations.back().version;
  if (*version > newest) {
    return fail(
        ErrorKind::internal,
        fmt::format("the tables have schema version {}, this program knows only {}: run a newer chatsync",
                    *version, newest));
  }
  for (const auto& migration : migrations) {
    if (migration.version <= *version) continue;
    for (auto& statement : split_statements(migration.sql)) {
      if (auto done = driver.execute(std::move(statement)); !done) return done;
    }
    auto recorded =
        driver.execute(fmt::format("INSERT INTO schema_version (version) VALUES ({})", migration.version));
    if (!recorded) return recorded;
  }
  return {};
}

}  // namespace chatsync::sql
