#include "sql/sqlite_turn_reader.hpp"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

namespace chatsync::sql {
namespace {

constexpr std::string_view kFindSession =
    "SELECT session_id, user_id, title, question_count, created_at, updated_at, deleted_at IS NOT NULL,"
    " (SELECT count(*) FROM unsettled_turns WHERE session_id = ?1)"
    " FROM chat_sessions WHERE session_id = ?1";
constexpr std::string_view kTurnsBefore =
    "SELECT ts, turn_id, seq, user_id, question, answer, status, model, details FROM chat_messages"
    " WHERE session_id = ?1 AND ts < ?2 ORDER BY ts DESC LIMIT ?3";
constexpr std::string_view kSettledTurns =
    "SELECT ts, turn_id, seq, user_id, question, answer, status, model, details FROM chat_messages AS m"
    " WHERE session_id = ?1 AND NOT EXISTS (SELECT 1 FROM unsettled_turns AS u"
    " WHERE u.session_id = m.session_id AND u.ts = m.ts) ORDER BY ts DESC LIMIT ?2";
constexpr std::string_view kUnsettledTurns =
    "SELECT ts, turn_id, seq, user_id, question, answer, status, model, details"
    " FROM unsettled_turns JOIN chat_messages USING (session_id, ts) WHERE session_id = ?1 ORDER BY ts LIMIT "
    "?2";
constexpr std::string_view kTurnsAfter =
    "SELECT ts, turn_id, seq, user_id, question, answer, status, model, details FROM chat_messages"
    " WHERE session_id = ?1 AND ts > ?2 ORDER BY ts LIMIT ?3";
constexpr std::string_view kSessionOfTurn = "SELECT session_id, ts FROM chat_messages WHERE turn_id = ?1";
constexpr std::string_view kCountTurns = "SELECT count(*) FROM chat_messages WHERE session_id = ?1";
constexpr std::string_view kSessionsOf =
    "SELECT session_id, user_id, title, question_count, created_at, updated_at FROM chat_sessions"
    " WHERE user_id = ?1 AND (deleted_at IS NOT NULL) = ?5 AND updated_at <= ?2"
    " AND (updated_at < ?2 OR session_id > ?3) ORDER BY updated_at DESC, session_id LIMIT ?4";
// The order by id is also that of the primary key, on which SQLite would read everybody's sessions.
constexpr std::string_view kSessionsById =
    "SELECT session_id, user_id, title, question_count, created_at, updated_at FROM chat_sessions"
    " INDEXED BY sessions_of_user_by_id WHERE user_id = ?1 AND (deleted_at IS NOT NULL) = ?4 AND session_id "
    "> ?2"
    " ORDER BY session_id LIMIT ?3";
constexpr auto kEndOfTime = std::numeric_limits<std::int64_t>::max();

Session session_from(const SqliteStatement& row) {
  return {.session_id = std::string(row.text(0)),
          .user_id = std::string(row.text(1)),
          .title = std::string(row.text(2)),
          .question_count = row.integer(3),
          .created_at_us = row.integer(4),
          .updated_at_us = row.integer(5)};
}

std::int64_t as_limit(std::size_t limit) { return static_cast<std::int64_t>(limit); }

}  // namespace

Result<SqliteTurnReader> SqliteTurnReader::create(SqliteDatabase database) {
  SqliteTurnReader reader;
  reader.database_ = std::move(database);
  const std::pair<SqliteStatement*, std::string_view> statements[] = {
      {&reader.find_session_, kFindSession},      {&reader.turns_before_, kTurnsBefore},
      {&reader.settled_turns_, kSettledTurns},    {&reader.unsettled_turns_, kUnsettledTurns},
      {&reader.turns_after_, kTurnsAfter},        {&reader.count_turns_, kCountTurns},
      {&reader.session_of_turn_, kSessionOfTurn}, {&reader.sessions_of_, kSessionsOf},
      {&reader.sessions_by_id_, kSessionsById}};
  for (const auto& [statement, sql] : statements) {
    Result<SqliteStatement> prepared = reader.database_.prepare(sql);
    if (!prepared) return failure_of(std::move(prepared));
    *statement = std::move(*prepared);
  }
  return reader;
}

Result<std::optional<StoredSession>> SqliteTurnReader::load(const std::string& session_id,
                                                            std::size_t recent) {
  // One snapshot, so that the count and the turns belong together.
  if (Result<void> begun = database_.execute("BEGIN"); !begun) return failure_of(std::move(begun));
  Result<std::optional<StoredSession>> found = load_rows(session_id, recent);
  database_.rollback();
  return found;
}

Result<std::optional<StoredSession>> SqliteTurnReader::load_rows(const std::string& session_id,
                                                                 std::size_t recent) {
  find_session_.bind_all(session_id);
  const Result<bool> row = find_session_.step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  StoredSession stored{.session = session_from(find_session_),
                       .deleted = find_session_.integer(6) != 0,
                       .recent = {},
                       .unsettled = {},
                       .unsettled_count = find_session_.integer(7)};
  find_session_.reset();
  settled_turns_.bind_all(session_id, as_limit(recent));
  Result<std::vector<Turn>> newest = read_turns(settled_turns_, session_id);
  if (!newest) return failure_of(std::move(newest));
  std::ranges::reverse(*newest);
  stored.recent = std::move(*newest);
  if (stored.unsettled_count == 0) return stored;
  unsettled_turns_.bind_all(session_id, as_limit(kUnsettledAtOnce));
  Result<std::vector<Turn>> unsettled = read_turns(unsettled_turns_, session_id);
  if (!unsettled) return failure_of(std::move(unsettled));
  stored.unsettled = std::move(*unsettled);
  return stored;
}

Result<std::vector<Turn>> SqliteTurnReader::turns(const std::string& session_id, const TurnPage& page) {
  if (page.after_us) {
    turns_after_.bind_all(session_id, *page.after_us, as_limit(page.limit));
    return read_turns(turns_after_, session_id);
  }
  turns_before_.bind_all(session_id, page.before_us.value_or(kEndOfTime), as_limit(page.limit));
  Result<std::vector<Turn>> newest = read_turns(turns_before_, session_id);
  if (newest) std::ranges::reverse(*newest);
  return newest;
}

Result<std::optional<Turn>> SqliteTurnReader::find_turn(const std::string& turn_id) {
  session_of_turn_.bind_all(turn_id);
  const Result<bool> row = session_of_turn_.step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  const std::string session_id(session_of_turn_.text(0));
  const std::int64_t timestamp_us = session_of_turn_.integer(1);
  session_of_turn_.reset();
  Result<std::vector<Turn>> found = turns(session_id, {.limit = 1, .after_us = timestamp_us - 1});
  if (!found) return failure_of(std::move(found));
  if (found->empty() || found->front().turn_id != turn_id) return std::nullopt;
  return std::move(found->front());
}

Result<std::vector<Turn>> SqliteTurnReader::read_turns(SqliteStatement& query,
                                                       const std::string& session_id) {
  std::vector<Turn> turns;
  for (;;) {
    const Result<bool> row = query.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return turns;
    turns.push_back({.session_id = session_id,
                     .turn_id = std::string(query.text(1)),
                     .timestamp_us = query.integer(0),
                     .seq = query.optional_integer(2),
                     .user_id = std::string(query.text(3)),
                     .question = std::string(query.text(4)),
                     .answer = std::string(query.text(5)),
                     .status = turn_status_from(query.text(6)),
                     .model = std::string(query.text(7)),
                     .details = std::string(query.text(8))});
  }
}

Result<std::int64_t> SqliteTurnReader::count_turns(const std::string& session_id) {
  count_turns_.bind_all(session_id);
  const Result<bool> row = count_turns_.step();
  if (!row) return std::unexpected(row.error());
  const std::int64_t count = count_turns_.integer(0);
  count_turns_.reset();
  return count;
}

Result<std::vector<Session>> SqliteTurnReader::sessions_of(const std::string& user_id,
                                                           const SessionPage& page) {
  const std::string_view after_id = page.after ? std::string_view(page.after->session_id) : "";
  const std::int64_t erased = page.erased ? 1 : 0;
  if (page.order == SessionPage::Order::by_id) {
    sessions_by_id_.bind_all(user_id, after_id, as_limit(page.limit), erased);
    return read_sessions(sessions_by_id_);
  }
  const std::int64_t updated_at_us = page.after ? page.after->updated_at_us : kEndOfTime;
  sessions_of_.bind_all(user_id, updated_at_us, after_id, as_limit(page.limit), erased);
  return read_sessions(sessions_of_);
}

Result<std::vector<Session>> SqliteTurnReader::read_sessions(SqliteStatement& query) {
  std::vector<Session> sessions;
  for (;;) {
    const Result<bool> row = query.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return sessions;
    sessions.push_back(session_from(query));
  }
}

Result<void> SqliteTurnReader::ping() {
  Result<std::int64_t> rows = database_.query_integer("SELECT count(*) FROM sqlite_schema");
  if (!rows) return failure_of(std::move(rows));
  return {};
}

}  // namespace chatsync::sql
