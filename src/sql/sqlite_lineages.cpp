#include "sql/sqlite_lineages.hpp"

#include <bit>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "chat/turn_store.hpp"
#include "sql/sqlite_statements.hpp"

namespace chatsync::sql {
namespace {

constexpr std::string_view kReadFence = "SELECT lineage FROM cache_fence WHERE id = 1";
constexpr std::string_view kMoveFence =
    "INSERT INTO cache_fence (id, lineage) VALUES (1, ?1)"
    " ON CONFLICT (id) DO UPDATE SET lineage = excluded.lineage";
constexpr std::string_view kFindSuperseded = "SELECT 1 FROM superseded_lineages WHERE lineage = ?1";
constexpr std::string_view kSupersede =
    "INSERT INTO superseded_lineages (lineage) VALUES (?1) ON CONFLICT DO NOTHING";
constexpr std::string_view kFindVerified = "SELECT 1 FROM cache_lineages WHERE lineage = ?1";
constexpr std::string_view kNoteVerified =
    "INSERT INTO cache_lineages (lineage, verified_at) VALUES (?1, ?2) ON CONFLICT DO NOTHING";

/// SQLite has no unsigned integers.
std::int64_t stored(std::uint64_t lineage) { return std::bit_cast<std::int64_t>(lineage); }

Result<std::uint64_t> read_fence(SqliteDatabase& database) {
  std::uint64_t lineage = 0;
  Result<void> read = for_each_row(database, kReadFence, [&](const SqliteStatement& row) {
    lineage = std::bit_cast<std::uint64_t>(row.integer(0));
  });
  if (!read) return failure_of(std::move(read));
  return lineage;
}

Result<bool> is_there(SqliteDatabase& database, std::string_view query, std::uint64_t lineage) {
  bool found = false;
  Result<void> read =
      for_each_row(database, query, [&](const SqliteStatement&) { found = true; }, stored(lineage));
  if (!read) return failure_of(std::move(read));
  return found;
}

}  // namespace

Result<void> pass_fence(SqliteDatabase& database, std::uint64_t lineage) {
  if (lineage == 0) return {};
  const Result<std::uint64_t> admitted = read_fence(database);
  if (!admitted) return std::unexpected(admitted.error());
  if (*admitted == 0 || *admitted == lineage) return {};
  return fail(ErrorKind::conflict, "SQLite: another cache has taken the place of this one",
              kLineageSuperseded);
}

Result<std::uint64_t> read_admitted_lineage(SqliteDatabase& database) { return read_fence(database); }

Result<bool> admit_lineage(SqliteDatabase& database, std::uint64_t lineage, std::uint64_t expected) {
  return in_transaction(database, [&]() -> Result<bool> {
    const Result<std::uint64_t> last = read_fence(database);
    if (!last) return std::unexpected(last.error());
    if (*last != expected) return false;
    if (*last == lineage) return true;
    const Result<bool> superseded = is_there(database, kFindSuperseded, lineage);
    if (!superseded) return superseded;
    if (*superseded) return false;
    if (*last != 0) {
      if (Result<void> left = run_statement(database, kSupersede, stored(*last)); !left) {
        return failure_of(std::move(left));
      }
    }
    if (Result<void> moved = run_statement(database, kMoveFence, stored(lineage)); !moved) {
      return failure_of(std::move(moved));
    }
    return true;
  });
}

Result<bool> is_lineage_known(SqliteDatabase& database, std::uint64_t lineage) {
  return is_there(database, kFindVerified, lineage);
}

Result<void> insert_lineage(SqliteDatabase& database, std::uint64_t lineage) {
  return run_statement(database, kNoteVerified, stored(lineage), SystemClock().now_us());
}

}  // namespace chatsync::sql
