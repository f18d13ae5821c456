#include "sql/mysql_audit.hpp"

#include <map>
#include <string_view>
#include <utility>

#include "sql/audit_numbers.hpp"
#include "sql/mysql_read.hpp"
#include "sql/mysql_sessions.hpp"
#include "sql/mysql_statements.hpp"
#include "sql/mysql_transaction.hpp"

namespace chatsync::sql {
namespace {

using TallyBySession = std::map<std::string, StoreTally>;

/// Reads the sessions of the page; the other columns are added by what follows.
SqlResult<TallyBySession> read_sessions(MySqlConnection& connection, const std::string& after,
                                        std::size_t limit) {
  auto rows = connection.query(fmt::format(
      "SELECT session_id, user_id, title, question_count, {}, {}, deleted_at IS NOT NULL "
      "FROM chat_sessions WHERE session_id > {} ORDER BY session_id LIMIT {}",
      microseconds_of("created_at"), microseconds_of("updated_at"), connection.literal(after), limit));
  if (!rows) return sql_failure_of(std::move(rows));
  TallyBySession tallies;
  for (auto& row : *rows) {
    StoreTally tally;
    tally.deleted = integer_at(row, 6) != 0;
    tally.session = Session{text_at(row, 0),    text_at(row, 1),    text_at(row, 2),
                            integer_at(row, 3), integer_at(row, 4), integer_at(row, 5)};
    tallies.emplace(tally.session.session_id, std::move(tally));
  }
  return tallies;
}

SqlResult<void> add_turns(MySqlConnection& connection, std::span<const std::string> ids,
                          TallyBySession& tallies) {
  auto rows =
      query_in_parts(connection,
                     "SELECT m.session_id, COUNT(*), COUNT(u.ts), COUNT(IF(u.ts IS NULL, m.seq, NULL)),"
                     " COUNT(DISTINCT IF(u.ts IS NULL, m.seq, NULL)), MAX(IF(u.ts IS NULL, m.seq, NULL))"
                     " FROM chat_messages AS m LEFT JOIN unsettled_turns AS u"
                     " ON u.session_id = m.session_id AND u.ts = m.ts WHERE m.session_id IN (",
                     ids, ") GROUP BY m.session_id");
  if (!rows) return sql_failure_of(std::move(rows));
  for (auto& row : *rows) {
    StoreTally& tally = tallies.at(text_at(row, 0));
    tally.rows = integer_at(row, 1);
    tally.unsettled = integer_at(row, 2);
    tally.numbered = integer_at(row, 3);
    tally.distinct_seqs = integer_at(row, 4);
    tally.max_seq = integer_at(row, 5);
  }
  return {};
}

SqlResult<void> add_letters(MySqlConnection& connection, std::span<const std::string> ids,
                            TallyBySession& tallies) {
  auto rows = query_in_parts(connection,
                             "SELECT session_id, discarded_at IS NOT NULL, seq FROM dead_letters "
                             "WHERE part = 0 AND session_id IN (",
                             ids, ") ORDER BY seq");
  if (!rows) return sql_failure_of(std::move(rows));
  for (auto& row : *rows) {
    StoreTally& tally = tallies.at(text_at(row, 0));
    ++(integer_at(row, 1) != 0 ? tally.discarded_letters : tally.dead_letters);
    if (row.at(2)) tally.letter_seqs.push_back(integer_at(row, 2));
  }
  return {};
}

}  // namespace

SqlResult<std::vector<StoreTally>> read_tallies(MySqlConnection& connection, const std::string& after,
                                                std::size_t limit) {
  return in_snapshot(connection, [&]() -> SqlResult<std::vector<StoreTally>> {
    auto tallies = read_sessions(connection, after, limit);
    if (!tallies) return sql_failure_of(std::move(tallies));
    std::vector<std::string> ids;
    for (const auto& [id, tally] : *tallies) ids.push_back(connection.literal(id));
    if (auto done = add_turns(connection, ids, *tallies); !done) return sql_failure_of(std::move(done));
    if (auto done = add_letters(connection, ids, *tallies); !done) return sql_failure_of(std::move(done));
    std::vector<StoreTally> page;
    page.reserve(tallies->size());
    for (auto& [id, tally] : *tallies) page.push_back(std::move(tally));
    return page;
  });
}

SqlResult<std::vector<std::string>> read_stored_turn_ids(MySqlConnection& connection,
                                                         std::span<const std::string> turn_ids) {
  auto rows = query_in_parts(connection, "SELECT turn_id FROM chat_messages WHERE turn_id IN (",
                             literals(connection, turn_ids), ")");
  if (!rows) return sql_failure_of(std::move(rows));
  std::vector<std::string> stored;
  stored.reserve(rows->size());
  for (auto& row : *rows) stored.push_back(text_at(row, 0));
  return stored;
}

SqlResult<std::vector<std::int64_t>> read_missing_seqs(MySqlConnection& connection,
                                                       const std::string& session_id, std::size_t limit) {
  const auto id = connection.literal(session_id);
  return in_snapshot(connection, [&]() -> SqlResult<std::vector<std::int64_t>> {
    const auto session = connection.query(fmt::format(
        "SELECT question_count FROM chat_sessions WHERE session_id = {} AND deleted_at IS NULL", id));
    if (!session) return std::unexpected(session.error());
    if (session->empty()) return std::vector<std::int64_t>();
    const auto rows = connection.query(fmt::format(
        "SELECT m.seq FROM chat_messages AS m WHERE m.session_id = {0} AND m.seq IS NOT NULL AND NOT EXISTS "
        "(SELECT 1 FROM unsettled_turns AS u WHERE u.session_id = m.session_id AND u.ts = m.ts) UNION "
        "SELECT l.seq FROM dead_letters AS l WHERE l.session_id = {0} AND l.seq IS NOT NULL",
        id));
    if (!rows) return std::unexpected(rows.error());
    std::vector<std::int64_t> taken;
    taken.reserve(rows->size());
    for (const auto& row : *rows) taken.push_back(integer_at(row, 0));
    return lowest_missing(std::move(taken), integer_at(session->front(), 0), limit);
  });
}

SqlResult<std::vector<OrphanTurns>> read_orphans(MySqlConnection& connection, const std::string& after,
                                                 std::size_t limit) {
  auto rows = connection.query(fmt::format(
      "SELECT o.session_id, (SELECT COUNT(*) FROM chat_messages AS m WHERE m.session_id = o.session_id) FROM "
      "(SELECT DISTINCT session_id FROM chat_messages WHERE session_id > {}) AS o WHERE NOT EXISTS "
      "(SELECT 1 FROM chat_sessions AS s WHERE s.session_id = o.session_id) ORDER BY o.session_id LIMIT {}",
      connection.literal(after), limit));
  if (!rows) return sql_failure_of(std::move(rows));
  std::vector<OrphanTurns> orphans;
  for (auto& row : *rows) orphans.push_back({text_at(row, 0), integer_at(row, 1)});
  return orphans;
}

}  // namespace chatsync::sql
