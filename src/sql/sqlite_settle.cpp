#include "sql/sqlite_settle.hpp"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

#include "sql/sqlite_lineages.hpp"
#include "sql/sqlite_statements.hpp"

namespace chatsync::sql {
namespace {

constexpr std::string_view kUnsettledSessions =
    "SELECT DISTINCT session_id FROM unsettled_turns WHERE session_id > ?1 ORDER BY session_id LIMIT ?2";
constexpr std::string_view kDeleteMark = "DELETE FROM unsettled_turns WHERE session_id = ?1 AND ts = ?2";
constexpr std::string_view kNumberTurn =
    "UPDATE chat_messages SET seq = ?3, ts = CASE WHEN EXISTS (SELECT 1 FROM chat_messages WHERE"
    " session_id = ?1 AND ts = ?4) THEN ts ELSE ?4 END WHERE session_id = ?1 AND ts = ?2";
constexpr std::string_view kRaiseSession =
    "UPDATE chat_sessions SET question_count = max(question_count, ?2), updated_at = max(updated_at, ?3)"
    " WHERE session_id = ?1";
constexpr std::string_view kFindUnsettled =
    "SELECT m.ts FROM chat_messages AS m JOIN unsettled_turns AS u ON u.session_id = m.session_id AND u.ts = "
    "m.ts"
    " WHERE m.turn_id = ?2 AND m.session_id = ?1";
constexpr std::string_view kFindCount =
    "SELECT question_count FROM chat_sessions WHERE session_id = ?1 AND deleted_at IS NULL";

}  // namespace

Result<void> settle_one(SqliteDatabase& database, const std::string& session_id, const SettledTurn& turn) {
  if (Result<void> done = run_statement(database, kDeleteMark, session_id, turn.timestamp_us); !done) {
    return done;
  }
  if (database.changes() == 0) return {};
  const std::int64_t final_us = turn.final_timestamp_us == 0 ? turn.timestamp_us : turn.final_timestamp_us;
  Result<void> numbered =
      run_statement(database, kNumberTurn, session_id, turn.timestamp_us, turn.seq, final_us);
  if (!numbered) return numbered;
  return run_statement(database, kRaiseSession, session_id, turn.seq, final_us);
}

Result<std::optional<std::int64_t>> find_unsettled(SqliteDatabase& database, const std::string& session_id,
                                                   const std::string& turn_id) {
  std::optional<std::int64_t> timestamp_us;
  Result<void> read = for_each_row(
      database, kFindUnsettled, [&](const SqliteStatement& row) { timestamp_us = row.integer(0); },
      session_id, turn_id);
  if (!read) return failure_of(std::move(read));
  return timestamp_us;
}

Result<std::vector<std::string>> read_unsettled_sessions(SqliteDatabase& database, const std::string& after,
                                                         std::size_t limit) {
  std::vector<std::string> sessions;
  Result<void> read = for_each_row(
      database, kUnsettledSessions, [&](const SqliteStatement& row) { sessions.emplace_back(row.text(0)); },
      after, static_cast<std::int64_t>(limit));
  if (!read) return failure_of(std::move(read));
  return sessions;
}

Result<void> settle_turns(SqliteDatabase& database, const std::string& session_id,
                          std::vector<SettledTurn> turns, std::uint64_t lineage) {
  // From the last one on, so that none is moved to where the next one still is. One whose place is taken
  // stays.
  std::ranges::sort(turns, std::ranges::greater(), &SettledTurn::timestamp_us);
  return in_transaction(database, [&]() -> Result<void> {
    if (Result<void> passed = pass_fence(database, lineage); !passed) return passed;
    for (const SettledTurn& turn : turns) {
      if (Result<void> done = settle_one(database, session_id, turn); !done) return done;
    }
    return {};
  });
}

Result<std::vector<SessionCount>> read_counts(SqliteDatabase& database,
                                              std::span<const std::string> session_ids) {
  std::vector<SessionCount> counts;
  for (const std::string& id : session_ids) {
    Result<void> read = for_each_row(
        database, kFindCount, [&](const SqliteStatement& row) { counts.push_back({id, row.integer(0)}); },
        id);
    if (!read) return failure_of(std::move(read));
  }
  return counts;
}

}  // namespace chatsync::sql
