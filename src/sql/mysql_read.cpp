#include "sql/mysql_read.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sql/mysql_statements.hpp"

namespace chatsync::sql {
namespace {

constexpr std::string_view kTurnColumns =
    "session_id, ts, turn_id, seq, user_id, question, answer, status, model";

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

}  // namespace

SqlResult<std::optional<StoredSession>> load_session(MySqlConnection& connection,
                                                     const std::string& session_id, std::size_t recent) {
  const auto id = connection.literal(session_id);
  TurnPage newest;
  newest.limit = recent;
  auto rows = connection.query(fmt::format(
      "SELECT {}, s.deleted_at IS NOT NULL, m.* FROM chat_sessions AS s LEFT JOIN ({}) AS m ON TRUE "
      "WHERE s.session_id = {}",
      session_columns(), page_query(id, newest), id));
  if (!rows) return sql_failure_of(std::move(rows));
  if (rows->empty()) return std::nullopt;

  constexpr std::size_t kFirstTurnColumn = kSessionColumns + 1;
  StoredSession stored;
  for (auto& row : *rows) {
    if (row.at(kFirstTurnColumn)) stored.recent.push_back(turn_of(row, kFirstTurnColumn));
  }
  std::ranges::sort(stored.recent, {}, &Turn::timestamp_us);
  stored.session = session_of(rows->front());
  stored.deleted = integer_at(rows->front(), kSessionColumns) != 0;
  for (const auto& turn : stored.recent) {
    stored.session.question_count = std::max(stored.session.question_count, turn.seq.value_or(0));
  }
  return stored;
}

SqlResult<std::vector<Turn>> read_turns(MySqlConnection& connection, const std::string& session_id,
                                        const TurnPage& page) {
  auto rows = connection.query(page_query(connection.literal(session_id), page));
  if (!rows) return sql_failure_of(std::move(rows));
  std::vector<Turn> turns;
  turns.reserve(rows->size());
  for (auto& row : *rows) turns.push_back(turn_of(row, 0));
  if (!page.after_us) std::ranges::reverse(turns);
  return turns;
}

SqlResult<std::int64_t> count_turns(MySqlConnection& connection, const std::string& session_id) {
  const auto rows = connection.query(fmt::format("SELECT COUNT(*) FROM chat_messages WHERE session_id = {}",
                                                 connection.literal(session_id)));
  if (!rows) return std::unexpected(rows.error());
  return integer_at(rows->front(), 0);
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
  // The order by id is that of the primary key, on which a server would read everybody's sessions.
  auto rows = connection.query(
      fmt::format("SELECT {} FROM chat_sessions AS s FORCE INDEX (sessions_of_user) WHERE s.user_id = {} AND "
                  "s.deleted_at IS {}{} ORDER BY {} LIMIT {}",
                  session_columns(), connection.literal(user_id), page.erased ? "NOT NULL" : "NULL", after,
                  by_id ? "s.session_id" : "s.updated_at DESC, s.session_id", page.limit));
  if (!rows) return sql_failure_of(std::move(rows));
  std::vector<Session> sessions;
  sessions.reserve(rows->size());
  for (auto& row : *rows) sessions.push_back(session_of(row));
  return sessions;
}

}  // namespace chatsync::sql
