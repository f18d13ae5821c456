// A letter is all rows of one fingerprint; its id is that of the first, whose `part` is 0.
#include "sql/mysql_letters.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "sql/mysql_insert.hpp"
#include "sql/mysql_read.hpp"
#include "sql/mysql_sessions.hpp"
#include "sql/mysql_statements.hpp"
#include "sql/mysql_transaction.hpp"
#include "sql/replay.hpp"

namespace chatsync::sql {
namespace {

std::string letter_columns() {
  return fmt::format(
      "l.id, l.session_id, l.message_key, l.reason, l.error_code, {}, l.seq, {}, "
      "(SELECT SUM(LENGTH(p.payload)) FROM dead_letters AS p WHERE p.fingerprint = l.fingerprint)",
      microseconds_of("l.first_failed_at"), microseconds_of("l.discarded_at"));
}

StoredLetter letter_of(SqlRow& row) {
  StoredLetter stored;
  stored.id = integer_at(row, 0);
  stored.letter.session_id = text_at(row, 1);
  stored.letter.key = text_at(row, 2);
  stored.letter.reason = text_at(row, 3);
  stored.letter.error_code = text_at(row, 4);
  stored.letter.first_failed_at_us = integer_at(row, 5);
  if (row.at(6)) stored.seq = integer_at(row, 6);
  if (row.at(7)) stored.discarded_at_us = integer_at(row, 7);
  stored.payload_bytes = static_cast<std::size_t>(integer_at(row, 8));
  return stored;
}

/// The rows of the letter, for a WHERE. A subquery of the table that a statement changes must be a derived
/// one.
std::string rows_of_letter(std::int64_t id) {
  return fmt::format(
      "fingerprint = (SELECT f.fingerprint FROM (SELECT fingerprint FROM dead_letters WHERE id = {} AND "
      "part = 0) AS f)",
      id);
}

/// What replay() asks of the tables, within its transaction.
class ReplayRows {
 public:
  ReplayRows(MySqlConnection& connection, InsertPath path) : connection_(connection), path_(path) {}

  SqlResult<LetterSession> session(const std::string& session_id) {
    auto rows = connection_.query(
        fmt::format("SELECT user_id, deleted_at IS NOT NULL FROM chat_sessions WHERE session_id = {} "
                    "FOR UPDATE",
                    connection_.literal(session_id)));
    if (!rows) return sql_failure_of(std::move(rows));
    if (rows->empty()) return LetterSession{};
    return LetterSession{.deleted = integer_at(rows->front(), 1) != 0, .user_id = text_at(rows->front(), 0)};
  }

  SqlResult<std::optional<Turn>> stored_turn(const std::string& turn_id) {
    return find_turn(connection_, turn_id);
  }

  SqlResult<std::int64_t> free_timestamp(const std::string& session_id, std::int64_t from_us) {
    return first_free_timestamp(connection_, session_id, from_us);
  }

  SqlResult<bool> is_numbered(const std::string& session_id, std::int64_t seq) {
    const auto rows = connection_.query(fmt::format(
        "SELECT 1 FROM chat_messages AS m WHERE m.session_id = {} AND m.seq = {} AND NOT EXISTS (SELECT 1 "
        "FROM unsettled_turns AS u WHERE u.session_id = m.session_id AND u.ts = m.ts) LIMIT 1",
        connection_.literal(session_id), seq));
    if (!rows) return std::unexpected(rows.error());
    return !rows->empty();
  }

  SqlResult<void> insert(const Turn& turn) {
    const auto ordered = order_batch({.sessions = {}, .turns = {{turn, {}}}, .dead_letters = {}});
    const bool by_bulk_binding = uses_bulk_binding(connection_, path_);
    if (auto done = upsert_sessions(connection_, ordered.sessions, by_bulk_binding); !done) return done;
    const PendingTurn pending{turn, {}};
    const PendingTurn* const only[] = {&pending};
    const auto inserted = insert_turns(connection_, only, by_bulk_binding);
    if (!inserted) return std::unexpected(inserted.error());
    // Somebody was quicker: to begin again is to see it.
    if (*inserted != 1) return std::unexpected(SqlError{kDeadlock, "another transaction stored the turn"});
    if (turn.seq) return {};
    const std::string only_session[] = {turn.session_id};
    return count_rows(connection_, only_session);
  }

 private:
  MySqlConnection& connection_;
  const InsertPath path_;
};

SqlResult<std::optional<ReplayOutcome>> replay_in_transaction(MySqlConnection& connection, std::int64_t id,
                                                              InsertPath path) {
  auto locked =
      connection.query(fmt::format("SELECT id FROM dead_letters WHERE id = {} AND part = 0 FOR UPDATE", id));
  if (!locked) return sql_failure_of(std::move(locked));
  const auto letter = find_letter(connection, id);
  if (!letter) return std::unexpected(letter.error());
  if (!*letter) return std::nullopt;
  if ((*letter)->discarded_at_us) return kept_letter("it was discarded");
  ReplayRows rows(connection, path);
  auto outcome = replay_with<SqlResult>((*letter)->letter, rows);
  if (!outcome) return sql_failure_of(std::move(outcome));
  if (outcome->fate == ReplayOutcome::Fate::kept) return *std::move(outcome);
  auto removed = connection.execute(fmt::format("DELETE FROM dead_letters WHERE {}", rows_of_letter(id)));
  if (!removed) return sql_failure_of(std::move(removed));
  return *std::move(outcome);
}

}  // namespace

SqlResult<std::vector<StoredLetter>> list_letters(MySqlConnection& connection, const LetterPage& page) {
  std::string where = fmt::format("l.part = 0 AND l.id > {}", page.after_id);
  if (page.session_id) where += fmt::format(" AND l.session_id = {}", connection.literal(*page.session_id));
  if (!page.discarded_too) where += " AND l.discarded_at IS NULL";
  auto rows = connection.query(fmt::format("SELECT {} FROM dead_letters AS l WHERE {} ORDER BY l.id LIMIT {}",
                                           letter_columns(), where, page.limit));
  if (!rows) return sql_failure_of(std::move(rows));
  std::vector<StoredLetter> letters;
  letters.reserve(rows->size());
  for (auto& row : *rows) letters.push_back(letter_of(row));
  return letters;
}

SqlResult<std::optional<StoredLetter>> find_letter(MySqlConnection& connection, std::int64_t id) {
  auto rows = connection.query(
      fmt::format("SELECT {} FROM dead_letters AS l WHERE l.id = {} AND l.part = 0", letter_columns(), id));
  if (!rows) return sql_failure_of(std::move(rows));
  if (rows->empty()) return std::nullopt;
  StoredLetter stored = letter_of(rows->front());
  auto parts = connection.query(
      fmt::format("SELECT payload FROM dead_letters WHERE {} ORDER BY part", rows_of_letter(id)));
  if (!parts) return sql_failure_of(std::move(parts));
  for (auto& part : *parts) stored.letter.payload += text_at(part, 0);
  return stored;
}

SqlResult<bool> discard_letter(MySqlConnection& connection, std::int64_t id) {
  return in_transaction(connection, [&]() -> SqlResult<bool> {
    // The rows stay, so that the same letter is recognised if a drain brings it again.
    auto discarded = connection.execute(
        fmt::format("UPDATE dead_letters SET payload = '', discarded_at = COALESCE(discarded_at, NOW(6)) "
                    "WHERE {}",
                    rows_of_letter(id)));
    if (!discarded) return sql_failure_of(std::move(discarded));
    const auto rows =
        connection.query(fmt::format("SELECT 1 FROM dead_letters WHERE id = {} AND part = 0", id));
    if (!rows) return std::unexpected(rows.error());
    return !rows->empty();
  });
}

SqlResult<std::optional<ReplayOutcome>> replay_letter(MySqlConnection& connection, std::int64_t id,
                                                      InsertPath path) {
  auto outcome = in_transaction(connection, [&] { return replay_in_transaction(connection, id, path); });
  if (outcome || classify(outcome.error()) != ErrorKind::rejected) return outcome;
  return kept_letter(outcome.error().message);
}

}  // namespace chatsync::sql
