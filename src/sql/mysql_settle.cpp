#include "sql/mysql_settle.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "sql/mysql_lineages.hpp"
#include "sql/mysql_sessions.hpp"
#include "sql/mysql_statements.hpp"
#include "sql/mysql_transaction.hpp"

namespace chatsync::sql {
namespace {

/// Those of `turns` that are unsettled.
SqlResult<std::vector<SettledTurn>> unsettled_among(MySqlConnection& connection,
                                                    const std::string& session_literal,
                                                    std::span<const SettledTurn> turns) {
  std::vector<std::string> times;
  times.reserve(turns.size());
  for (const SettledTurn& turn : turns) times.push_back(fmt::to_string(turn.timestamp_us));
  const auto rows = query_in_parts(
      connection,
      fmt::format("SELECT ts FROM unsettled_turns WHERE session_id = {} AND ts IN (", session_literal), times,
      ")");
  if (!rows) return std::unexpected(rows.error());
  std::unordered_set<std::int64_t> open;
  for (const auto& row : *rows) open.insert(integer_at(row, 0));
  std::vector<SettledTurn> unsettled;
  std::ranges::copy_if(turns, std::back_inserter(unsettled),
                       [&](const SettledTurn& turn) { return open.contains(turn.timestamp_us); });
  return unsettled;
}

SqlResult<void> number_turns(MySqlConnection& connection, const std::string& session_literal,
                             std::span<const SettledTurn> turns) {
  constexpr std::size_t kTurnsPerStatement = 1'000;
  while (!turns.empty()) {
    const auto some = turns.first(std::min(turns.size(), kTurnsPerStatement));
    turns = turns.subspan(some.size());
    std::string cases;
    std::string times;
    for (const SettledTurn& turn : some) {
      cases += fmt::format(" WHEN {} THEN {}", turn.timestamp_us, turn.seq);
      times += fmt::format("{}{}", times.empty() ? "" : ",", turn.timestamp_us);
    }
    const std::string where = fmt::format("WHERE session_id = {} AND ts IN ({})", session_literal, times);
    for (const std::string& statement :
         {fmt::format("UPDATE chat_messages SET seq = CASE ts{} END {}", cases, where),
          fmt::format("DELETE FROM unsettled_turns {}", where)}) {
      if (auto done = connection.execute(statement); !done) return sql_failure_of(std::move(done));
    }
  }
  return {};
}

/// From the last one on, so that none is moved to where the next one still is. One whose place is taken
/// stays.
SqlResult<void> move_turns(MySqlConnection& connection, const std::string& session_id,
                           std::vector<SettledTurn> turns) {
  std::erase_if(turns, [](const SettledTurn& turn) {
    return turn.final_timestamp_us == 0 || turn.final_timestamp_us == turn.timestamp_us;
  });
  std::ranges::sort(turns, std::ranges::greater(), &SettledTurn::timestamp_us);
  const auto id = connection.literal(session_id);
  for (const SettledTurn& turn : turns) {
    for (const std::string& statement :
         {fmt::format(
              "UPDATE chat_messages SET ts = {0} WHERE session_id = {1} AND ts = {2} AND NOT EXISTS "
              "(SELECT 1 FROM (SELECT 1 FROM chat_messages WHERE session_id = {1} AND ts = {0}) AS t)",
              turn.final_timestamp_us, id, turn.timestamp_us),
          fmt::format("UPDATE chat_sessions SET updated_at = GREATEST(updated_at, {}) WHERE session_id = {}",
                      datetime_of(turn.final_timestamp_us), id)}) {
      if (auto done = connection.execute(statement); !done) return sql_failure_of(std::move(done));
    }
  }
  return {};
}

}  // namespace

SqlResult<std::vector<std::string>> read_unsettled_sessions(MySqlConnection& connection,
                                                            const std::string& after, std::size_t limit) {
  auto rows = connection.query(fmt::format(
      "SELECT DISTINCT session_id FROM unsettled_turns WHERE session_id > {} ORDER BY session_id LIMIT {}",
      connection.literal(after), limit));
  if (!rows) return sql_failure_of(std::move(rows));
  std::vector<std::string> sessions;
  sessions.reserve(rows->size());
  for (auto& row : *rows) sessions.push_back(text_at(row, 0));
  return sessions;
}

SqlResult<void> settle_turns(MySqlConnection& connection, const std::string& session_id,
                             std::span<const SettledTurn> turns, std::uint64_t lineage) {
  const auto id = connection.literal(session_id);
  return in_transaction(connection, [&]() -> SqlResult<void> {
    if (auto passed = pass_fence(connection, lineage); !passed) return passed;
    // Locks the session before its turns, as everybody does.
    if (auto locked = raise_count(connection, session_id, 0); !locked) return locked;
    const auto unsettled = unsettled_among(connection, id, turns);
    if (!unsettled) return std::unexpected(unsettled.error());
    if (unsettled->empty()) return {};
    if (auto done = number_unsettled(connection, session_id, *unsettled); !done) return done;
    return raise_count(connection, session_id, std::ranges::max(*unsettled, {}, &SettledTurn::seq).seq);
  });
}

SqlResult<std::map<std::string, std::vector<SettledTurn>>> unsettled_among(
    MySqlConnection& connection, std::span<const PendingTurn* const> turns) {
  std::unordered_map<std::string_view, const Turn*> by_id;
  std::vector<std::string> ids;
  for (const PendingTurn* pending : turns) {
    if (!pending->turn.seq) continue;
    by_id.emplace(pending->turn.turn_id, &pending->turn);
    ids.push_back(connection.literal(pending->turn.turn_id));
  }
  auto rows = query_in_parts(connection,
                             "SELECT m.turn_id, m.session_id, m.ts FROM chat_messages AS m"
                             " JOIN unsettled_turns AS u ON u.session_id = m.session_id AND u.ts = m.ts"
                             " WHERE m.turn_id IN (",
                             ids, ")");
  if (!rows) return sql_failure_of(std::move(rows));
  std::map<std::string, std::vector<SettledTurn>> unsettled;
  for (auto& row : *rows) {
    const Turn& turn = *by_id.at(text_at(row, 0));
    if (text_at(row, 1) != turn.session_id) continue;
    unsettled[turn.session_id].push_back(
        {.timestamp_us = integer_at(row, 2), .seq = *turn.seq, .final_timestamp_us = turn.timestamp_us});
  }
  return unsettled;
}

SqlResult<void> number_unsettled(MySqlConnection& connection, const std::string& session_id,
                                 std::span<const SettledTurn> turns) {
  auto numbered = number_turns(connection, connection.literal(session_id), turns);
  if (!numbered) return numbered;
  return move_turns(connection, session_id, {turns.begin(), turns.end()});
}

SqlResult<std::vector<SessionCount>> read_counts(MySqlConnection& connection,
                                                 std::span<const std::string> session_ids) {
  auto rows = query_in_parts(connection,
                             "SELECT session_id, question_count FROM chat_sessions WHERE deleted_at IS NULL "
                             "AND session_id IN (",
                             literals(connection, session_ids), ")");
  if (!rows) return sql_failure_of(std::move(rows));
  std::vector<SessionCount> counts;
  counts.reserve(rows->size());
  for (auto& row : *rows) counts.push_back({text_at(row, 0), integer_at(row, 1)});
  return counts;
}

}  // namespace chatsync::sql
