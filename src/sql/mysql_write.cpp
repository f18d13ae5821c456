// A batch in one transaction: its sessions first, whose rows it thereby locks, in the order of their keys.
// Whoever writes to or erases one of them waits, so what is then read of tombstones stays true until the
// COMMIT, and no turn can slip into a session that is being erased. Turns follow in key order too; where
// fewer rows came to be than turns were sent, some were stored before, and reading them back tells a repeated
// turn from a clash of identity.
#include "sql/mysql_write.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "sql/mysql_batch.hpp"
#include "sql/mysql_dead_letters.hpp"
#include "sql/mysql_insert.hpp"
#include "sql/mysql_statements.hpp"

namespace chatsync::sql {
namespace {

constexpr std::size_t kMaxTitleCharacters = 1'024;  // chat_sessions.title

/// Runs `work` between START TRANSACTION and COMMIT, or takes everything back.
template <class Work>
auto in_transaction(MySqlConnection& connection, Work work) -> decltype(work()) {
  if (auto begun = connection.execute("START TRANSACTION"); !begun) return sql_failure_of(std::move(begun));
  auto result = work();
  if (result) {
    auto committed = connection.commit();
    if (committed) return result;
    result = sql_failure_of(std::move(committed));
  }
  connection.rollback();
  return result;
}

// VALUES() in an UPDATE clause is deprecated in MySQL 8 in favour of a syntax that MariaDB lacks; both accept
// it.
SqlResult<void> upsert_sessions(MySqlConnection& connection, std::span<const BatchSession> sessions) {
  std::vector<std::string> rows;
  rows.reserve(sessions.size());
  for (const auto& [session, has_foreign_turns] : sessions) {
    rows.push_back(fmt::format(
        "({},{},{},{},{},{})", connection.literal(session.session_id), connection.literal(session.user_id),
        connection.literal(storable_text(session.title, kMaxTitleCharacters)), session.question_count,
        datetime_of(session.created_at_us), datetime_of(session.updated_at_us)));
  }
  return execute_in_parts(
      connection,
      "INSERT INTO chat_sessions (session_id, user_id, title, question_count, created_at, updated_at) "
      "VALUES ",
      rows,
      " ON DUPLICATE KEY UPDATE"
      " user_id = IF(deleted_at IS NULL AND user_id = '', VALUES(user_id), user_id),"
      " title = IF(deleted_at IS NULL AND VALUES(title) <> '', VALUES(title), title),"
      " question_count = IF(deleted_at IS NULL, GREATEST(question_count, VALUES(question_count)), "
      "question_count),"
      " created_at = IF(deleted_at IS NULL, LEAST(created_at, VALUES(created_at)), created_at),"
      " updated_at = IF(deleted_at IS NULL, GREATEST(updated_at, VALUES(updated_at)), updated_at)");
}

SqlResult<std::unordered_set<std::string>> read_tombstones(MySqlConnection& connection,
                                                           std::span<const BatchSession> sessions) {
  std::vector<std::string> ids;
  ids.reserve(sessions.size());
  for (const auto& row : sessions) ids.push_back(connection.literal(row.session.session_id));
  auto rows = query_in_parts(connection, "SELECT session_id FROM chat_sessions WHERE session_id IN (", ids,
                             ") AND deleted_at IS NOT NULL");
  if (!rows) return sql_failure_of(std::move(rows));
  std::unordered_set<std::string> deleted;
  for (auto& row : *rows) deleted.insert(text_at(row, 0));
  return deleted;
}

SqlResult<void> add_stored_keys(MySqlConnection& connection, std::string_view column_list,
                                std::span<const std::string> values, KeyByTurnId& stored) {
  auto rows = query_in_parts(
      connection, fmt::format("SELECT turn_id, session_id, ts FROM chat_messages WHERE {} IN (", column_list),
      values, ")");
  if (!rows) return sql_failure_of(std::move(rows));
  for (auto& row : *rows) {
    stored.insert_or_assign(text_at(row, 0), StoredKey{text_at(row, 1), integer_at(row, 2)});
  }
  return {};
}

SqlResult<std::vector<Clash>> read_clashes(MySqlConnection& connection,
                                           std::span<const PendingTurn* const> turns) {
  KeyByTurnId stored;
  std::vector<std::string> values;
  for (const auto* pending : turns) values.push_back(connection.literal(pending->turn.turn_id));
  if (auto read = add_stored_keys(connection, "turn_id", values, stored); !read) {
    return sql_failure_of(std::move(read));
  }
  values.clear();
  for (const auto* pending : without_row(turns, stored)) {
    values.push_back(
        fmt::format("({},{})", connection.literal(pending->turn.session_id), pending->turn.timestamp_us));
  }
  if (auto read = add_stored_keys(connection, "(session_id, ts)", values, stored); !read) {
    return sql_failure_of(std::move(read));
  }
  return find_clashes(turns, stored);
}

SqlResult<void> count_foreign_turns(MySqlConnection& connection, std::span<const BatchSession> sessions) {
  std::vector<std::string> ids;
  for (const auto& row : sessions) {
    if (row.has_foreign_turns) ids.push_back(connection.literal(row.session.session_id));
  }
  return execute_in_parts(
      connection,
      "UPDATE chat_sessions AS s SET question_count = GREATEST(question_count, (SELECT COUNT(*) "
      "FROM chat_messages AS m WHERE m.session_id = s.session_id)) WHERE deleted_at IS NULL AND "
      "session_id IN (",
      ids, ")");
}

SqlResult<WriteOutcome> write_ordered(MySqlConnection& connection, const TurnBatch& batch, InsertPath path) {
  const bool by_bulk_binding =
      path == InsertPath::bulk || (path == InsertPath::best && connection.has_bulk_binding());
  auto [sessions, turns] = order_batch(batch);
  if (auto done = upsert_sessions(connection, sessions); !done) return sql_failure_of(std::move(done));
  const auto tombstones = read_tombstones(connection, sessions);
  if (!tombstones) return std::unexpected(tombstones.error());
  const auto dropped = std::erase_if(
      turns, [&](const PendingTurn* pending) { return tombstones->contains(pending->turn.session_id); });

  const auto inserted = insert_turns(connection, turns, by_bulk_binding);
  if (!inserted) return std::unexpected(inserted.error());
  auto letters = batch.dead_letters;
  std::size_t quarantined = 0;
  if (*inserted != turns.size()) {
    const auto clashes = read_clashes(connection, turns);
    if (!clashes) return std::unexpected(clashes.error());
    quarantined = clashes->size();
    std::ranges::transform(*clashes, std::back_inserter(letters), to_dead_letter);
  }
  if (auto done = count_foreign_turns(connection, sessions); !done) return sql_failure_of(std::move(done));
  if (auto done = insert_dead_letters(connection, letters); !done) return sql_failure_of(std::move(done));
  return WriteOutcome{.inserted = *inserted, .quarantined = quarantined, .deleted = dropped};
}

}  // namespace

SqlResult<WriteOutcome> write_batch(MySqlConnection& connection, const TurnBatch& batch, InsertPath path) {
  return in_transaction(connection, [&] { return write_ordered(connection, batch, path); });
}

SqlResult<std::size_t> erase_session(MySqlConnection& connection, const std::string& session_id) {
  const auto id = connection.literal(session_id);
  return in_transaction(connection, [&]() -> SqlResult<std::size_t> {
    auto tombstone = connection.execute(fmt::format(
        "INSERT INTO chat_sessions (session_id, user_id, title, question_count, created_at, updated_at, "
        "deleted_at) "
        "VALUES ({}, '', '', 0, NOW(6), NOW(6), NOW(6)) "
        "ON DUPLICATE KEY UPDATE title = '', deleted_at = COALESCE(deleted_at, VALUES(deleted_at))",
        id));
    if (!tombstone) return sql_failure_of(std::move(tombstone));
    auto turns = connection.execute(fmt::format("DELETE FROM chat_messages WHERE session_id = {}", id));
    if (!turns) return sql_failure_of(std::move(turns));
    auto letters = connection.execute(fmt::format("DELETE FROM dead_letters WHERE session_id = {}", id));
    if (!letters) return sql_failure_of(std::move(letters));
    return static_cast<std::size_t>(*turns);
  });
}

}  // namespace chatsync::sql
