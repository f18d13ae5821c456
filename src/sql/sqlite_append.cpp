#include "sql/sqlite_append.hpp"

#include <string_view>
#include <utility>

#include "sql/sqlite_statements.hpp"

namespace chatsync::sql {
namespace {

constexpr std::string_view kMakeSession =
    "INSERT INTO chat_sessions (session_id, user_id, title, question_count, created_at, updated_at)"
    " VALUES (?1, ?2, '', 0, ?3, ?4) ON CONFLICT (session_id) DO UPDATE SET"
    " user_id = CASE WHEN user_id = '' THEN excluded.user_id ELSE user_id END,"
    " created_at = min(created_at, excluded.created_at), updated_at = max(updated_at, excluded.updated_at)"
    " WHERE deleted_at IS NULL";
constexpr std::string_view kReadBase =
    "SELECT deleted_at IS NOT NULL, question_count,"
    " (SELECT count(*) FROM unsettled_turns WHERE session_id = ?1),"
    " (SELECT max(ts) FROM chat_messages WHERE session_id = ?1)"
    " FROM chat_sessions WHERE session_id = ?1";
constexpr std::string_view kFindStored =
    "SELECT m.session_id, m.ts, m.seq, coalesce(u.provisional, 0) FROM chat_messages AS m"
    " LEFT JOIN unsettled_turns AS u ON u.session_id = m.session_id AND u.ts = m.ts WHERE m.turn_id = ?1";
constexpr std::string_view kInsertTurn =
    "INSERT INTO chat_messages (session_id, ts, turn_id, seq, user_id, question, answer, status, model,"
    " details)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, nullif(?10, ''))";
constexpr std::string_view kMarkTurn =
    "INSERT INTO unsettled_turns (session_id, ts, provisional) VALUES (?1, ?2, ?3)"
    " ON CONFLICT DO UPDATE SET provisional = excluded.provisional";
constexpr std::string_view kRaiseActivity =
    "UPDATE chat_sessions SET updated_at = max(updated_at, ?2) WHERE session_id = ?1";

Result<std::map<std::string, AppendBase>> make_sessions(SqliteDatabase& database,
                                                        std::span<const Session> sessions) {
  std::map<std::string, AppendBase> bases;
  for (const Session& session : sessions) {
    Result<void> made = run_statement(database, kMakeSession, session.session_id, session.user_id,
                                      session.created_at_us, session.updated_at_us);
    if (!made) return failure_of(std::move(made));
    const auto read = [&base = bases[session.session_id]](const SqliteStatement& row) {
      base = {.deleted = row.integer(0) != 0,
              .question_count = row.integer(1),
              .unsettled = row.integer(2),
              .last_timestamp_us = row.optional_integer(3).value_or(0)};
    };
    if (Result<void> done = for_each_row(database, kReadBase, read, session.session_id); !done) {
      return failure_of(std::move(done));
    }
  }
  return bases;
}

Result<std::unordered_map<std::string, StoredAppend>> find_stored(SqliteDatabase& database,
                                                                  std::span<const DirectTurn> turns) {
  std::unordered_map<std::string, StoredAppend> stored;
  Result<SqliteStatement> query = database.prepare(kFindStored);
  if (!query) return failure_of(std::move(query));
  for (const auto& [turn, known_new] : turns) {
    query->bind_all(turn.turn_id);
    const Result<bool> found = query->step();
    if (!found) return std::unexpected(found.error());
    if (*found) {
      const AppendOutcome outcome{.question_count = query->integer(2),
                                  .timestamp_us = query->integer(1),
                                  .provisional = query->integer(3) != 0};
      stored.emplace(turn.turn_id, StoredAppend{std::string(query->text(0)), outcome});
    }
    query->reset();
  }
  return stored;
}

Result<void> insert_rows(SqliteDatabase& database, const std::vector<AppendPlan::Row>& rows) {
  Result<SqliteStatement> insert = database.prepare(kInsertTurn);
  if (!insert) return failure_of(std::move(insert));
  Result<SqliteStatement> mark = database.prepare(kMarkTurn);
  if (!mark) return failure_of(std::move(mark));
  for (const auto& [pending, provisional] : rows) {
    const Turn& turn = pending.turn;
    insert->bind_all(turn.session_id, turn.timestamp_us, turn.turn_id, turn.seq, turn.user_id, turn.question,
                     turn.answer, to_string(turn.status), turn.model, turn.details);
    if (Result<void> done = insert->run(); !done) return done;
    mark->bind_all(turn.session_id, turn.timestamp_us, std::int64_t{provisional});
    if (Result<void> done = mark->run(); !done) return done;
  }
  return {};
}

Result<AppendOutcomes> append_in_transaction(SqliteDatabase& database, std::span<const DirectTurn> turns) {
  auto bases = make_sessions(database, sessions_of_turns(turns));
  if (!bases) return failure_of(std::move(bases));
  auto stored = find_stored(database, turns);
  if (!stored) return failure_of(std::move(stored));
  AppendPlan plan = plan_append(turns, std::move(*bases), std::move(*stored));
  if (Result<void> done = insert_rows(database, plan.rows); !done) return failure_of(std::move(done));
  for (const auto& [session_id, updated_at_us] : plan.later_activity) {
    if (Result<void> done = run_statement(database, kRaiseActivity, session_id, updated_at_us); !done) {
      return failure_of(std::move(done));
    }
  }
  return std::move(plan.outcomes);
}

}  // namespace

Result<AppendOutcomes> append_turns(SqliteDatabase& database, std::span<const DirectTurn> turns) {
  return in_transaction(database, [&] { return append_in_transaction(database, turns); });
}

}  // namespace chatsync::sql
