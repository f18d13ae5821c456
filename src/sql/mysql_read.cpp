#include "sql/mysql_read.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "chat/turn_stamp.hpp"
#include "sql/mysql_statements.hpp"
#include "sql/mysql_transaction.hpp"

namespace chatsync::sql {
namespace {

constexpr std::string_view kTurnColumns =
    "session_id, ts, turn_id, seq, user_id, question, answer, status, model, details";

/// The turn whose columns begin at `first`.
Turn turn_of(SqlRow& row, std::size_t first) {
  Turn turn;
  turn.session_id = text_at(row, first);
  turn.timestamp_us = integer_at(row, first + 1);
  turn.turn_id = text_at(row, first + 2);
  if (row.at(first + 3)) turn.seq = integer_at(row, first + 3);
  turn.user_id = text_at(row, first + 4);
  turn.question = text_at(row, first + 5);
  turn.answer = text_at(row, first + 6);
  turn.status = turn_status_from(text_at(row, first + 7));
  turn.model = text_at(row, first + 8);
  if (row.at(first + 9)) turn.details = text_at(row, first + 9);
  return turn;
}

std::string session_columns() {
  return fmt::format("s.session_id, s.user_id, s.title, s.question_count, {}, {}",
                     microseconds_of("s.created_at"), microseconds_of("s.updated_at"));
}
constexpr std::size_t kSessionColumns = 6;

Session session_of(SqlRow& row) {
  return Session{text_at(row, 0),    text_at(row, 1),    text_at(row, 2),
                 integer_at(row, 3), integer_at(row, 4), integer_at(row, 5)};
}

/// The subquery or query for `page`, in whichever direction the primary key is scanned for it.
std::string page_query(const std::string& session_literal, const TurnPage& page) {
  std::string where;
  if (page.before_us) where += fmt::format(" AND ts < {}", *page.before_us);
  if (page.after_us) where += fmt::format(" AND ts > {}", *page.after_us);
  return fmt::format("SELECT {} FROM chat_messages WHERE session_id = {}{} ORDER BY ts {} LIMIT {}",
                     kTurnColumns, session_literal, where, page.after_us ? "ASC" : "DESC", page.limit);
}

SqlResult<std::optional<StoredSession>> load_settled(MySqlConnection& connection,
                                                     const std::string& session_literal,
                                                     const std::string& newest_turns) {
  auto rows = connection.query(
      fmt::format("SELECT {}, s.deleted_at IS NOT NULL,"
                  " (SELECT COUNT(*) FROM unsettled_turns AS u WHERE u.session_id = s.session_id), m.* "
                  "FROM chat_sessions AS s LEFT JOIN ({}) AS m ON TRUE WHERE s.session_id = {}",
                  session_columns(), newest_turns, session_literal));
  if (!rows) return sql_failure_of(std::move(rows));
  if (rows->empty()) return std::nullopt;

  constexpr std::size_t kFirstTurnColumn = kSessionColumns + 2;
  StoredSession stored;
  for (auto& row : *rows) {
    if (row.at(kFirstTurnColumn)) stored.recent.push_back(turn_of(row, kFirstTurnColumn));
  }
  std::ranges::sort(stored.recent, {}, &Turn::timestamp_us);
  stored.session = session_of(rows->front());
  stored.deleted = integer_at(rows->front(), kSessionColumns) != 0;
  stored.unsettled_count = integer_at(rows->front(), kSessionColumns + 1);
  return stored;
}

SqlResult<std::optional<StoredSession>> load_with_unsettled(MySqlConnection& connection,
                                                            const std::string& session_literal,
                                                            std::size_t recent) {
  auto stored = load_settled(
      connection, session_literal,
      fmt::format("SELECT {} FROM chat_messages AS t WHERE session_id = {} AND NOT EXISTS (SELECT 1 FROM "
                  "unsettled_turns AS u WHERE u.session_id = t.session_id AND u.ts = t.ts) "
                  "ORDER BY ts DESC LIMIT {}",
                  kTurnColumns, session_literal, recent));
  if (!stored || !*stored) return stored;
  auto unsettled = query_turns(
      connection,
      fmt::format("SELECT {} FROM unsettled_turns AS u JOIN chat_messages AS t USING (session_id, "
                  "ts) WHERE u.session_id = {} ORDER BY u.ts LIMIT {}",
                  kTurnColumns, session_literal, kUnsettledAtOnce));
  if (!unsettled) return sql_failure_of(std::move(unsettled));
  (*stored)->unsettled = std::move(*unsettled);
  return stored;
}

}  // namespace

std::string_view turn_columns() { return kTurnColumns; }

SqlResult<std::vector<Turn>> query_turns(MySqlConnection& connection, std::string_view query) {
  auto rows = connection.query(query);
  if (!rows) return sql_failure_of(std::move(rows));
  std::vector<Turn> turns;
  turns.reserve(rows->size());
  for (auto& row : *rows) turns.push_back(turn_of(row, 0));
  return turns;
}

SqlResult<std::optional<StoredSession>> load_session(MySqlConnection& connection,
                                                     const std::string& session_id, std::size_t recent) {
  const auto id = connection.literal(session_id);
  TurnPage newest;
  newest.limit = recent;
  auto stored = load_settled(connection, id, page_query(id, newest));
  if (!stored || !*stored || (*stored)->unsettled_count == 0) return stored;
  // Some of these turns may be unsettled: rare enough to read all of it again, with them told apart.
  return in_snapshot(connection, [&] { return load_with_unsettled(connection, id, recent); });
}

SqlResult<std::vector<std::optional<StoredSession>>> load_sessions(MySqlConnection& connection,
                                                                   std::span<const SessionLoad> wanted) {
  std::vector<std::optional<StoredSession>> loaded(wanted.size());
  std::unordered_set<std::string> known;
  if (wanted.size() == 1) {
    known.insert(wanted.front().session_id);
  } else {
    std::vector<std::string> ids;
    ids.reserve(wanted.size());
    for (const SessionLoad& load : wanted) ids.push_back(connection.literal(load.session_id));
    auto rows =
        query_in_parts(connection, "SELECT session_id FROM chat_sessions WHERE session_id IN (", ids, ")");
    if (!rows) return sql_failure_of(std::move(rows));
    for (auto& row : *rows) known.insert(text_at(row, 0));
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!known.contains(wanted[i].session_id)) continue;
    auto session = load_session(connection, wanted[i].session_id, wanted[i].recent);
    if (!session) return sql_failure_of(std::move(session));
    loaded[i] = std::move(*session);
  }
  return loaded;
}

SqlResult<std::vector<Turn>> read_turns(MySqlConnection& connection, const std::string& session_id,
                                        const TurnPage& page) {
  auto turns = query_turns(connection, page_query(connection.literal(session_id), page));
  if (turns && !page.after_us) std::ranges::reverse(*turns);
  return turns;
}

SqlResult<std::int64_t> count_turns(MySqlConnection& connection, const std::string& session_id) {
  const auto rows = connection.query(fmt::format("SELECT COUNT(*) FROM chat_messages WHERE session_id = {}",
                                                 connection.literal(session_id)));
  if (!rows) return std::unexpected(rows.error());
  return integer_at(rows->front(), 0);
}

SqlResult<std::int64_t> first_free_timestamp(MySqlConnection& connection, const std::string& session_id,
                                             std::int64_t from_us) {
  constexpr std::size_t kStampsPerQuery = 1'000;
  const auto id = connection.literal(session_id);
  while (true) {
    const auto rows = connection.query(
        fmt::format("SELECT ts FROM chat_messages WHERE session_id = {} AND ts >= {} ORDER BY ts LIMIT {}",
                    id, from_us, kStampsPerQuery));
    if (!rows) return std::unexpected(rows.error());
    for (const auto& row : *rows) {
      if (integer_at(row, 0) > from_us) return from_us;
      if (integer_at(row, 0) == from_us) from_us = store_stamp(0, from_us);
    }
    if (rows->size() < kStampsPerQuery) return from_us;
  }
}

SqlResult<std::optional<Turn>> find_turn(MySqlConnection& connection, const std::string& turn_id) {
  auto turns = query_turns(connection, fmt::format("SELECT {} FROM chat_messages WHERE turn_id = {}",
                                                   kTurnColumns, connection.literal(turn_id)));
  if (!turns) return sql_failure_of(std::move(turns));
  if (turns->empty()) return std::nullopt;
  return std::move(turns->front());
}

SqlResult<std::vector<Session>> read_sessions_of(MySqlConnection& connection, const std::string& user_id,
                                                 const SessionPage& page) {
  const bool by_id = page.order == SessionPage::Order::by_id;
  std::string after;
  if (page.after && by_id) {
    after = fmt::format(" AND s.session_id > {}", connection.literal(page.after->session_id));
  } else if (page.after) {
    const auto time = datetime_of(page.after->updated_at_us);
    // The first half bounds the index range, the second cuts off its first rows.
    after = fmt::format(" AND s.updated_at <= {0} AND (s.updated_at < {0} OR s.session_id > {1})", time,
                        connection.literal(page.after->session_id));
  }
  // The order by id is also that of the primary key, on which a server would read everybody's sessions.
  auto rows = connection.query(
      fmt::format("SELECT {} FROM chat_sessions AS s FORCE INDEX ({}) WHERE s.user_id = {} AND "
                  "s.deleted_at IS {}{} ORDER BY {} LIMIT {}",
                  session_columns(), by_id ? "sessions_of_user_by_id" : "sessions_of_user",
                  connection.literal(user_id), page.erased ? "NOT NULL" : "NULL", after,
                  by_id ? "s.session_id" : "s.updated_at DESC, s.session_id", page.limit));
  if (!rows) return sql_failure_of(std::move(rows));
  std::vector<Session> sessions;
  sessions.reserve(rows->size());
  for (auto& row : *rows) sessions.push_back(session_of(row));
  return sessions;
}

}  // namespace chatsync::sql
