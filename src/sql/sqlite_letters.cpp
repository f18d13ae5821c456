// A discarded letter keeps a digest in its payload's place: by it the letter is recognised if a drain brings
// it again, and no two of them are the same row.
#include "sql/sqlite_letters.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "chat/letter_payload.hpp"
#include "chat/turn_stamp.hpp"
#include "sql/replay.hpp"
#include "sql/sqlite_statements.hpp"

namespace chatsync::sql {
namespace {

constexpr std::string_view kInsert =
    "INSERT INTO dead_letters (session_id, message_key, reason, error_code, payload, first_failed_at, seq)"
    " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE NOT EXISTS (SELECT 1 FROM dead_letters WHERE session_id = ?1"
    " AND message_key = ?2 AND error_code = ?4 AND payload = ?8) ON CONFLICT DO NOTHING";
constexpr std::string_view kList =
    "SELECT id, session_id, message_key, reason, error_code, first_failed_at, seq, discarded_at,"
    " length(CAST(payload AS BLOB)), '' FROM dead_letters WHERE id > ?1 AND (?2 OR discarded_at IS NULL)"
    " AND (?3 IS NULL OR session_id = ?3) ORDER BY id LIMIT ?4";
constexpr std::string_view kFind =
    "SELECT id, session_id, message_key, reason, error_code, first_failed_at, seq, discarded_at,"
    " length(CAST(payload AS BLOB)), payload FROM dead_letters WHERE id = ?1";
constexpr std::string_view kDiscard = "UPDATE dead_letters SET payload = ?2, discarded_at = ?3 WHERE id = ?1";
constexpr std::string_view kDelete = "DELETE FROM dead_letters WHERE id = ?1";
constexpr std::string_view kFindSession =
    "SELECT deleted_at IS NOT NULL, user_id FROM chat_sessions WHERE session_id = ?1";
constexpr std::string_view kFindTurn =
    "SELECT session_id, ts, seq, user_id, question, answer, status, model, details"
    " FROM chat_messages"
    " WHERE turn_id = ?1";
constexpr std::string_view kStampsFrom =
    "SELECT ts FROM chat_messages WHERE session_id = ?1 AND ts >= ?2 ORDER BY ts";
constexpr std::string_view kFindNumber =
    "SELECT 1 FROM chat_messages AS m WHERE session_id = ?1 AND seq = ?2 AND NOT EXISTS (SELECT 1 FROM"
    " unsettled_turns AS u WHERE u.session_id = m.session_id AND u.ts = m.ts) LIMIT 1";
constexpr std::string_view kMakeSession =
    "INSERT INTO chat_sessions (session_id, user_id, title, question_count, created_at, updated_at)"
    " VALUES (?1, ?2, '', ?4, ?3, ?3) ON CONFLICT (session_id) DO UPDATE SET"
    " question_count = max(question_count, ?4), created_at = min(created_at, ?3),"
    " updated_at = max(updated_at, ?3)";
constexpr std::string_view kInsertTurn =
    "INSERT INTO chat_messages (session_id, ts, turn_id, seq, user_id, question, answer, status, model,"
    " details)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, nullif(?10, ''))";
constexpr std::string_view kCountRows =
    "UPDATE chat_sessions SET question_count = max(question_count,"
    " (SELECT count(*) FROM chat_messages WHERE session_id = ?1) -"
    " (SELECT count(*) FROM unsettled_turns WHERE session_id = ?1)) WHERE session_id = ?1";

std::string digest_of(std::string_view payload) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(payload.data()), payload.size(), digest.data());
  return fmt::format("sha256:{:02x}", fmt::join(digest, ""));
}

StoredLetter letter_of(const SqliteStatement& row) {
  StoredLetter stored{.id = row.integer(0),
                      .letter = {.session_id = std::string(row.text(1)),
                                 .key = std::string(row.text(2)),
                                 .reason = std::string(row.text(3)),
                                 .error_code = std::string(row.text(4)),
                                 .payload = {},
                                 .first_failed_at_us = row.integer(5)},
                      .payload_bytes = 0,
                      .seq = row.optional_integer(6),
                      .discarded_at_us = row.optional_integer(7)};
  if (stored.discarded_at_us) return stored;
  stored.payload_bytes = static_cast<std::size_t>(row.integer(8));
  stored.letter.payload = row.text(9);
  return stored;
}

/// What replay() asks of the tables, within its transaction.
class ReplayRows {
 public:
  explicit ReplayRows(SqliteDatabase& database) : database_(database) {}

  Result<LetterSession> session(const std::string& session_id) {
    LetterSession session;
    Result<void> read = for_each_row(
        database_, kFindSession,
        [&](const SqliteStatement& row) {
          session = {.deleted = row.integer(0) != 0, .user_id = std::string(row.text(1))};
        },
        session_id);
    if (!read) return failure_of(std::move(read));
    return session;
  }

  Result<std::optional<Turn>> stored_turn(const std::string& turn_id) {
    std::optional<Turn> turn;
    Result<void> read = for_each_row(
        database_, kFindTurn,
        [&](const SqliteStatement& row) {
          turn = Turn{.session_id = std::string(row.text(0)),
                      .turn_id = turn_id,
                      .timestamp_us = row.integer(1),
                      .seq = row.optional_integer(2),
                      .user_id = std::string(row.text(3)),
                      .question = std::string(row.text(4)),
                      .answer = std::string(row.text(5)),
                      .status = turn_status_from(row.text(6)),
                      .model = std::string(row.text(7)),
                      .details = std::string(row.text(8))};
        },
        turn_id);
    if (!read) return failure_of(std::move(read));
    return turn;
  }

  Result<std::int64_t> free_timestamp(const std::string& session_id, std::int64_t from_us) {
    Result<SqliteStatement> query = database_.prepare(kStampsFrom);
    if (!query) return failure_of(std::move(query));
    query->bind_all(session_id, from_us);
    while (true) {
      const Result<bool> row = query->step();
      if (!row) return std::unexpected(row.error());
      if (!*row || query->integer(0) > from_us) return from_us;
      if (query->integer(0) < from_us) continue;
      from_us = store_stamp(0, from_us);
    }
  }

  Result<bool> is_numbered(const std::string& session_id, std::int64_t seq) {
    bool found = false;
    Result<void> read =
        for_each_row(database_, kFindNumber, [&](const SqliteStatement&) { found = true; }, session_id, seq);
    if (!read) return failure_of(std::move(read));
    return found;
  }

  Result<void> insert(const Turn& turn) {
    Result<void> done = run_statement(database_, kMakeSession, turn.session_id, turn.user_id,
                                      turn.timestamp_us, turn.seq.value_or(0));
    if (!done) return done;
    done = run_statement(database_, kInsertTurn, turn.session_id, turn.timestamp_us, turn.turn_id, turn.seq,
                         turn.user_id, turn.question, turn.answer, to_string(turn.status), turn.model,
                         turn.details);
    if (!done || turn.seq) return done;
    return run_statement(database_, kCountRows, turn.session_id);
  }

 private:
  SqliteDatabase& database_;
};

Result<ReplayOutcome> replay_in_transaction(SqliteDatabase& database, std::int64_t id) {
  Result<std::optional<StoredLetter>> letter = find_letter(database, id);
  if (!letter) return failure_of(std::move(letter));
  if (!*letter) return no_such_letter(id);
  if ((*letter)->discarded_at_us) return kept_letter("it was discarded");
  ReplayRows rows(database);
  Result<ReplayOutcome> outcome = replay_with<Result>((*letter)->letter, rows);
  if (!outcome || outcome->fate == ReplayOutcome::Fate::kept) return outcome;
  if (Result<void> done = run_statement(database, kDelete, id); !done) return failure_of(std::move(done));
  return outcome;
}

}  // namespace

Result<void> insert_letter(SqliteDatabase& database, const DeadLetter& letter) {
  return run_statement(database, kInsert, letter.session_id, letter.key, letter.reason, letter.error_code,
                       letter.payload, letter.first_failed_at_us, seq_in_payload(letter.payload),
                       digest_of(letter.payload));
}

Result<std::vector<StoredLetter>> list_letters(SqliteDatabase& database, const LetterPage& page) {
  std::vector<StoredLetter> letters;
  const auto limit =
      static_cast<std::int64_t>(std::min<std::size_t>(page.limit, std::numeric_limits<std::int64_t>::max()));
  Result<SqliteStatement> query = database.prepare(kList);
  if (!query) return failure_of(std::move(query));
  query->bind(1, page.after_id);
  query->bind(2, std::int64_t{page.discarded_too});
  // Unbound, a parameter is NULL.
  if (page.session_id) query->bind(3, *page.session_id);
  query->bind(4, limit);
  while (true) {
    const Result<bool> row = query->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return letters;
    letters.push_back(letter_of(*query));
  }
}

Result<std::optional<StoredLetter>> find_letter(SqliteDatabase& database, std::int64_t id) {
  std::optional<StoredLetter> letter;
  Result<void> read =
      for_each_row(database, kFind, [&](const SqliteStatement& row) { letter = letter_of(row); }, id);
  if (!read) return failure_of(std::move(read));
  return letter;
}

Result<void> discard_letter(SqliteDatabase& database, std::int64_t id) {
  return in_transaction(database, [&]() -> Result<void> {
    Result<std::optional<StoredLetter>> letter = find_letter(database, id);
    if (!letter) return failure_of(std::move(letter));
    if (!*letter) return no_such_letter(id);
    if ((*letter)->discarded_at_us) return {};
    return run_statement(database, kDiscard, id, digest_of((*letter)->letter.payload),
                         SystemClock().now_us());
  });
}

Result<ReplayOutcome> replay_letter(SqliteDatabase& database, std::int64_t id) {
  Result<ReplayOutcome> outcome =
      in_transaction(database, [&] { return replay_in_transaction(database, id); });
  if (outcome || outcome.error().kind != ErrorKind::rejected) return outcome;
  return kept_letter(outcome.error().message);
}

}  // namespace chatsync::sql
