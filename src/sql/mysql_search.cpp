// The index lags behind the turns. Whoever stores turns puts their sessions into search_backlog, in the same
// transaction. index_some_turns() takes sessions from there that nobody else is at, puts those of their turns
// into the index that are not in it, and takes the sessions out of the backlog, in one transaction too. It
// locks the sessions' rows before it reads their turns, so that an erasure either comes first, and there are
// no turns, or deletes what was indexed. Where others are at all that is left, it waits for them, since a
// search that follows is to find it; what a transaction stores that is still open, it does not wait for.
#include "sql/mysql_search.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <utility>

#include "chat/search_words.hpp"
#include "sql/mysql_batch.hpp"
#include "sql/mysql_read.hpp"
#include "sql/mysql_statements.hpp"
#include "sql/mysql_transaction.hpp"

namespace chatsync::sql {
namespace {

constexpr std::size_t kSessionsAtOnce = 64;
/// Of the question and of the answer: more would not fit a packet of every server.
constexpr std::size_t kMaxIndexedBytes = std::size_t{256} * 1'024;

/// The sessions with their first unindexed turns, and the ids of the rows that say so.
struct Backlog {
  std::map<std::string, std::int64_t> from_us;
  std::vector<std::string> row_ids;
};

std::string beginning_of(std::string text) {
  text.resize(utf8_prefix(text, kMaxIndexedBytes));
  return text;
}

Backlog backlog_of(SqlRows rows) {
  Backlog backlog;
  for (auto& row : rows) {
    backlog.row_ids.push_back(text_at(row, 0));
    const auto [known, added] = backlog.from_us.try_emplace(text_at(row, 1), integer_at(row, 2));
    if (!added) known->second = std::min(known->second, integer_at(row, 2));
  }
  return backlog;
}

SqlResult<SqlRows> lock_backlog(MySqlConnection& connection, std::string_view where, std::string_view how) {
  return connection.query(
      fmt::format("SELECT id, session_id, from_ts FROM search_backlog {} FOR UPDATE{}", where, how));
}

SqlResult<SqlRows> read_unindexed(MySqlConnection& connection, const std::string& session_id,
                                  std::int64_t from_us, std::size_t limit) {
  const auto id = connection.literal(session_id);
  auto living = connection.query(fmt::format(
      "SELECT 1 FROM chat_sessions WHERE session_id = {} AND deleted_at IS NULL LOCK IN SHARE MODE", id));
  if (!living || living->empty()) return living;
  return connection.query(fmt::format(
      "SELECT m.turn_id, m.question, m.answer, m.ts FROM chat_messages AS m LEFT JOIN turn_search "
      "AS t ON t.session_id = m.session_id AND t.turn_id = m.turn_id WHERE m.session_id = {} AND "
      "m.ts >= {} AND t.turn_id IS NULL ORDER BY m.ts LIMIT {}",
      id, from_us, limit));
}

SqlResult<std::size_t> index_backlog(MySqlConnection& connection, const Backlog& backlog, std::size_t limit) {
  std::vector<std::string> entries;
  std::vector<UnindexedTurns> left;
  for (const auto& [session_id, from_us] : backlog.from_us) {
    if (entries.size() >= limit) {
      left.push_back({session_id, from_us});
      continue;
    }
    const std::size_t room = limit - entries.size();
    auto turns = read_unindexed(connection, session_id, from_us, room);
    if (!turns) return sql_failure_of(std::move(turns));
    for (auto& row : *turns) {
      entries.push_back(fmt::format("({},{},{})", connection.literal(session_id),
                                    connection.literal(text_at(row, 0)),
                                    connection.literal(with_long_words(beginning_of(text_at(row, 1)) + ' ' +
                                                                       beginning_of(text_at(row, 2))))));
    }
    if (turns->size() == room) left.push_back({session_id, integer_at(turns->back(), 3)});
  }
  auto inserted = execute_in_parts(connection, "INSERT INTO turn_search (session_id, turn_id, body) VALUES ",
                                   entries, " ON DUPLICATE KEY UPDATE turn_id = VALUES(turn_id)");
  if (!inserted) return sql_failure_of(std::move(inserted));
  auto taken = execute_in_parts(connection, "DELETE FROM search_backlog WHERE id IN (", backlog.row_ids, ")");
  if (!taken) return sql_failure_of(std::move(taken));
  if (auto noted = note_unindexed(connection, left); !noted) return sql_failure_of(std::move(noted));
  // Sessions without anything new count too: there may be others behind them.
  return entries.size() + backlog.row_ids.size();
}

SqlResult<std::size_t> index_within(MySqlConnection& connection, std::size_t limit) {
  const std::string first = fmt::format("ORDER BY id LIMIT {}", kSessionsAtOnce);
  auto free_rows = lock_backlog(connection, first, " SKIP LOCKED");
  if (!free_rows) return sql_failure_of(std::move(free_rows));
  if (!free_rows->empty()) return index_backlog(connection, backlog_of(std::move(*free_rows)), limit);

  auto held = connection.query(fmt::format("SELECT id FROM search_backlog {}", first));
  if (!held) return sql_failure_of(std::move(held));
  if (held->empty()) return 0;
  std::vector<std::string> held_ids;
  for (auto& row : *held) held_ids.push_back(text_at(row, 0));
  auto given_back = lock_backlog(connection, fmt::format("WHERE id IN ({})", fmt::join(held_ids, ",")), "");
  // A process that is frozen or out of reach keeps what it holds; all the rest is found.
  if (!given_back && given_back.error().code == kLockWaitTimeout) return 0;
  if (!given_back) return sql_failure_of(std::move(given_back));
  // What was indexed meanwhile counts: there may be others behind it.
  if (given_back->empty()) return held_ids.size();
  return index_backlog(connection, backlog_of(std::move(*given_back)), limit);
}

}  // namespace

SqlResult<void> note_unindexed(MySqlConnection& connection, std::span<const UnindexedTurns> sessions) {
  std::vector<std::string> rows;
  rows.reserve(sessions.size());
  for (const auto& [session_id, from_us] : sessions) {
    rows.push_back(fmt::format("({},{})", connection.literal(session_id), from_us));
  }
  return execute_in_parts(connection, "INSERT INTO search_backlog (session_id, from_ts) VALUES ", rows, "");
}

std::vector<UnindexedTurns> unindexed_of(std::span<const PendingTurn* const> turns) {
  std::map<std::string_view, std::int64_t> first;
  for (const PendingTurn* pending : turns) {
    const auto [known, added] = first.try_emplace(pending->turn.session_id, pending->turn.timestamp_us);
    if (!added) known->second = std::min(known->second, pending->turn.timestamp_us);
  }
  std::vector<UnindexedTurns> sessions;
  sessions.reserve(first.size());
  for (const auto& [session_id, from_us] : first) sessions.push_back({std::string(session_id), from_us});
  return sessions;
}

SqlResult<void> begin_indexing(MySqlConnection& connection, bool indexed) {
  const auto is_so = [&](std::string_view lock) -> SqlResult<bool> {
    const auto state =
        connection.query(fmt::format("SELECT complete FROM search_state WHERE id = 1{}", lock));
    if (!state) return std::unexpected(state.error());
    return !state->empty() && (integer_at(state->front(), 0) != 0) == indexed;
  };
  // Most starts change nothing, and need no right to.
  const auto as_before = is_so("");
  if (!as_before) return std::unexpected(as_before.error());
  if (*as_before) return {};
  return in_transaction(connection, [&]() -> SqlResult<void> {
    const auto meanwhile = is_so(" FOR UPDATE");
    if (!meanwhile) return std::unexpected(meanwhile.error());
    if (*meanwhile) return {};
    if (indexed) {
      auto noted = connection.execute(
          "INSERT INTO search_backlog (session_id, from_ts) SELECT session_id, 0 FROM chat_sessions WHERE "
          "deleted_at IS NULL");
      if (!noted) return sql_failure_of(std::move(noted));
    }
    auto set = connection.execute(
        fmt::format("UPDATE search_state SET complete = {} WHERE id = 1", indexed ? 1 : 0));
    if (!set) return sql_failure_of(std::move(set));
    return {};
  });
}

SqlResult<std::size_t> index_some_turns(MySqlConnection& connection, std::size_t limit) {
  return in_transaction(connection, [&] { return index_within(connection, limit); });
}

SqlResult<std::vector<Turn>> search_turns(MySqlConnection& connection, const SearchQuery& query) {
  std::string words;
  for (const std::string& word : query.words) words += fmt::format(" +{}", with_long_words(word));
  std::string where = fmt::format("MATCH (t.body) AGAINST ({} IN BOOLEAN MODE) AND s.deleted_at IS NULL",
                                  connection.literal(words));
  if (query.user_id) where += fmt::format(" AND s.user_id = {}", connection.literal(*query.user_id));
  if (query.session_id) where += fmt::format(" AND t.session_id = {}", connection.literal(*query.session_id));
  if (query.after) {
    where += fmt::format(" AND (m.ts < {0} OR (m.ts = {0} AND m.turn_id > {1}))", query.after->timestamp_us,
                         connection.literal(query.after->turn_id));
  }
  // The texts are read of the page's turns alone.
  return query_turns(
      connection,
      fmt::format(
          "SELECT {} FROM chat_messages AS t JOIN (SELECT m.turn_id AS found_id FROM turn_search AS t "
          "JOIN chat_messages AS m ON m.turn_id = t.turn_id "
          "JOIN chat_sessions AS s ON s.session_id = t.session_id WHERE {} AND NOT EXISTS "
          "(SELECT 1 FROM item_marks AS i WHERE i.session_id = t.session_id AND i.turn_id = t.turn_id "
          "AND i.deleted_at IS NOT NULL) ORDER BY m.ts DESC, m.turn_id LIMIT {}) AS f "
          "ON t.turn_id = f.found_id ORDER BY t.ts DESC, t.turn_id",
          turn_columns(), where, query.limit));
}

SqlResult<void> delete_from_index(MySqlConnection& connection, const std::string& session_literal) {
  for (const std::string_view table : {"turn_search", "search_backlog"}) {
    auto deleted =
        connection.execute(fmt::format("DELETE FROM {} WHERE session_id = {}", table, session_literal));
    if (!deleted) return sql_failure_of(std::move(deleted));
  }
  return {};
}

}  // namespace chatsync::sql
