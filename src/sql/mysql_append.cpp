// The rows of the sessions are made and locked first, as write() does; so nobody else changes what is then
// read of them until the COMMIT. However many turns and sessions there are, it is one statement for each
// step.
#include "sql/mysql_append.hpp"

#include <utility>

#include "sql/mysql_insert.hpp"
#include "sql/mysql_sessions.hpp"
#include "sql/mysql_statements.hpp"
#include "sql/mysql_transaction.hpp"

namespace chatsync::sql {
namespace {

SqlResult<void> lock_sessions(MySqlConnection& connection, std::span<const Session> sessions,
                              bool by_bulk_binding) {
  std::vector<BatchSession> rows;
  rows.reserve(sessions.size());
  for (const Session& session : sessions) rows.push_back({.session = session});
  return upsert_sessions(connection, rows, by_bulk_binding);
}

SqlResult<std::map<std::string, AppendBase>> read_bases(MySqlConnection& connection,
                                                        std::span<const Session> sessions) {
  std::vector<std::string> ids;
  ids.reserve(sessions.size());
  for (const Session& session : sessions) ids.push_back(connection.literal(session.session_id));
  auto rows = query_in_parts(
      connection,
      "SELECT s.session_id, s.deleted_at IS NOT NULL, s.question_count,"
      " (SELECT COUNT(*) FROM unsettled_turns AS u WHERE u.session_id = s.session_id),"
      " (SELECT m.ts FROM chat_messages AS m WHERE m.session_id = s.session_id ORDER BY m.ts DESC LIMIT 1)"
      " FROM chat_sessions AS s WHERE s.session_id IN (",
      ids, ")");
  if (!rows) return sql_failure_of(std::move(rows));
  std::map<std::string, AppendBase> bases;
  for (auto& row : *rows) {
    AppendBase& base = bases[text_at(row, 0)];
    base.deleted = integer_at(row, 1) != 0;
    base.question_count = integer_at(row, 2);
    base.unsettled = integer_at(row, 3);
    if (row.at(4)) base.last_timestamp_us = integer_at(row, 4);
  }
  return bases;
}

SqlResult<std::unordered_map<std::string, StoredAppend>> read_stored(MySqlConnection& connection,
                                                                     std::span<const DirectTurn> turns) {
  std::vector<std::string> ids;
  ids.reserve(turns.size());
  for (const auto& [turn, known_new] : turns) ids.push_back(connection.literal(turn.turn_id));
  auto rows = query_in_parts(connection,
                             "SELECT m.turn_id, m.session_id, m.ts, m.seq, COALESCE(u.provisional, 0)"
                             " FROM chat_messages AS m LEFT JOIN unsettled_turns AS u"
                             " ON u.session_id = m.session_id AND u.ts = m.ts WHERE m.turn_id IN (",
                             ids, ")");
  if (!rows) return sql_failure_of(std::move(rows));
  std::unordered_map<std::string, StoredAppend> stored;
  for (auto& row : *rows) {
    const AppendOutcome outcome{.question_count = integer_at(row, 3),
                                .timestamp_us = integer_at(row, 2),
                                .provisional = integer_at(row, 4) != 0};
    stored.emplace(text_at(row, 0), StoredAppend{text_at(row, 1), outcome});
  }
  return stored;
}

SqlResult<void> insert_rows(MySqlConnection& connection, const std::vector<AppendPlan::Row>& rows,
                            InsertPath path) {
  std::vector<const PendingTurn*> turns;
  std::vector<std::string> marks;
  for (const auto& [turn, provisional] : rows) {
    turns.push_back(&turn);
    marks.push_back(fmt::format("({},{},{})", connection.literal(turn.turn.session_id),
                                turn.turn.timestamp_us, provisional ? 1 : 0));
  }
  const auto inserted = insert_turns(connection, turns, uses_bulk_binding(connection, path));
  if (!inserted) return std::unexpected(inserted.error());
  if (*inserted != turns.size()) {
    // Somebody took an id meanwhile, in another session: to begin again is to see it.
    return std::unexpected(SqlError{kDeadlock, "another transaction stored a turn of the same id"});
  }
  return execute_in_parts(connection, "INSERT INTO unsettled_turns (session_id, ts, provisional) VALUES ",
                          marks, " ON DUPLICATE KEY UPDATE provisional = VALUES(provisional)");
}

SqlResult<AppendOutcomes> append_in_transaction(MySqlConnection& connection,
                                                std::span<const DirectTurn> turns, InsertPath path) {
  const auto sessions = sessions_of_turns(turns);
  if (auto locked = lock_sessions(connection, sessions, uses_bulk_binding(connection, path)); !locked)
    return sql_failure_of(std::move(locked));
  auto bases = read_bases(connection, sessions);
  if (!bases) return sql_failure_of(std::move(bases));
  auto stored = read_stored(connection, turns);
  if (!stored) return sql_failure_of(std::move(stored));

  auto plan = plan_append(turns, std::move(*bases), std::move(*stored));
  if (auto done = insert_rows(connection, plan.rows, path); !done) return sql_failure_of(std::move(done));
  for (const auto& [session_id, updated_at_us] : plan.later_activity) {
    auto done = connection.execute(
        fmt::format("UPDATE chat_sessions SET updated_at = GREATEST(updated_at, {}) WHERE session_id = {}",
                    datetime_of(updated_at_us), connection.literal(session_id)));
    if (!done) return sql_failure_of(std::move(done));
  }
  return std::move(plan.outcomes);
}

}  // namespace

SqlResult<AppendOutcomes> append_turns(MySqlConnection& connection, std::span<const DirectTurn> turns,
                                       InsertPath path) {
  return in_transaction(connection, [&] { return append_in_transaction(connection, turns, path); });
}

}  // namespace chatsync::sql
