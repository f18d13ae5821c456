#include "sql/sqlite_audit.hpp"

#include <optional>
#include <string_view>
#include <utility>

#include "sql/audit_numbers.hpp"
#include "sql/sqlite_statements.hpp"

namespace chatsync::sql {
namespace {

constexpr std::string_view kSessions =
    "SELECT session_id, user_id, title, question_count, created_at, updated_at, deleted_at IS NOT NULL"
    " FROM chat_sessions WHERE session_id > ?1 ORDER BY session_id LIMIT ?2";
constexpr std::string_view kTurns =
    "SELECT count(*), count(u.ts), count(iif(u.ts IS NULL, m.seq, NULL)),"
    " count(DISTINCT iif(u.ts IS NULL, m.seq, NULL)), max(iif(u.ts IS NULL, m.seq, NULL))"
    " FROM chat_messages AS m LEFT JOIN unsettled_turns AS u ON u.session_id = m.session_id AND u.ts = m.ts"
    " WHERE m.session_id = ?1";
constexpr std::string_view kLetters =
    "SELECT discarded_at IS NOT NULL, seq FROM dead_letters WHERE session_id = ?1 ORDER BY seq";
constexpr std::string_view kFindTurn = "SELECT 1 FROM chat_messages WHERE turn_id = ?1";
constexpr std::string_view kLivingCount =
    "SELECT question_count FROM chat_sessions WHERE session_id = ?1 AND deleted_at IS NULL";
constexpr std::string_view kTakenSeqs =
    "SELECT m.seq FROM chat_messages AS m WHERE m.session_id = ?1 AND m.seq IS NOT NULL AND NOT EXISTS"
    " (SELECT 1 FROM unsettled_turns AS u WHERE u.session_id = m.session_id AND u.ts = m.ts)"
    " UNION SELECT seq FROM dead_letters WHERE session_id = ?1 AND seq IS NOT NULL";
constexpr std::string_view kOrphans =
    "SELECT session_id, count(*) FROM chat_messages AS m WHERE session_id > ?1 AND NOT EXISTS"
    " (SELECT 1 FROM chat_sessions AS s WHERE s.session_id = m.session_id)"
    " GROUP BY session_id ORDER BY session_id LIMIT ?2";

Result<void> add_rows(SqliteDatabase& database, StoreTally& tally) {
  const std::string& id = tally.session.session_id;
  Result<void> read = for_each_row(
      database, kTurns,
      [&](const SqliteStatement& row) {
        tally.rows = row.integer(0);
        tally.unsettled = row.integer(1);
        tally.numbered = row.integer(2);
        tally.distinct_seqs = row.integer(3);
        tally.max_seq = row.integer(4);
      },
      id);
  if (!read) return read;
  return for_each_row(
      database, kLetters,
      [&](const SqliteStatement& row) {
        ++(row.integer(0) != 0 ? tally.discarded_letters : tally.dead_letters);
        if (const auto seq = row.optional_integer(1)) tally.letter_seqs.push_back(*seq);
      },
      id);
}

}  // namespace

Result<std::vector<StoreTally>> read_tallies(SqliteDatabase& database, const std::string& after,
                                             std::size_t limit) {
  return in_snapshot(database, [&]() -> Result<std::vector<StoreTally>> {
    std::vector<StoreTally> tallies;
    const auto add = [&](const SqliteStatement& row) {
      StoreTally& tally = tallies.emplace_back();
      tally.session = {.session_id = std::string(row.text(0)),
                       .user_id = std::string(row.text(1)),
                       .title = std::string(row.text(2)),
                       .question_count = row.integer(3),
                       .created_at_us = row.integer(4),
                       .updated_at_us = row.integer(5)};
      tally.deleted = row.integer(6) != 0;
    };
    Result<void> read = for_each_row(database, kSessions, add, after, static_cast<std::int64_t>(limit));
    if (!read) return failure_of(std::move(read));
    for (StoreTally& tally : tallies) {
      if (Result<void> done = add_rows(database, tally); !done) return failure_of(std::move(done));
    }
    return tallies;
  });
}

Result<std::vector<std::string>> read_stored_turn_ids(SqliteDatabase& database,
                                                      std::span<const std::string> turn_ids) {
  std::vector<std::string> stored;
  for (const std::string& id : turn_ids) {
    Result<void> read =
        for_each_row(database, kFindTurn, [&](const SqliteStatement&) { stored.push_back(id); }, id);
    if (!read) return failure_of(std::move(read));
  }
  return stored;
}

Result<std::vector<std::int64_t>> read_missing_seqs(SqliteDatabase& database, const std::string& session_id,
                                                    std::size_t limit) {
  return in_snapshot(database, [&]() -> Result<std::vector<std::int64_t>> {
    std::optional<std::int64_t> count;
    Result<void> read = for_each_row(
        database, kLivingCount, [&](const SqliteStatement& row) { count = row.integer(0); }, session_id);
    if (!read) return failure_of(std::move(read));
    if (!count) return std::vector<std::int64_t>();
    std::vector<std::int64_t> taken;
    read = for_each_row(
        database, kTakenSeqs, [&](const SqliteStatement& row) { taken.push_back(row.integer(0)); },
        session_id);
    if (!read) return failure_of(std::move(read));
    return lowest_missing(std::move(taken), *count, limit);
  });
}

Result<std::vector<OrphanTurns>> read_orphans(SqliteDatabase& database, const std::string& after,
                                              std::size_t limit) {
  std::vector<OrphanTurns> orphans;
  Result<void> read = for_each_row(
      database, kOrphans,
      [&](const SqliteStatement& row) { orphans.push_back({std::string(row.text(0)), row.integer(1)}); },
      after, static_cast<std::int64_t>(limit));
  if (!read) return failure_of(std::move(read));
  return orphans;
}

}  // namespace chatsync::sql
