// Writing a batch. The sessions go first, then the turns in the order of their primary key. A turn that meets
// a row of its own session, time stamp and id has been delivered before and is left alone; one that meets any
// other row has lost its identity to a different turn and goes to dead_letters whole. Sessions with a
// tombstone are left out. Last, each session's count is raised to the highest number it got. What the cache
// counts is not taken for it: later turns may still be pending, and at rest count, rows and highest number
// are the same.
#include "sql/sqlite_turn_writer.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "chat/turn_json.hpp"

namespace chatsync::sql {
namespace {

constexpr std::string_view kUpsertSession =
    "INSERT INTO chat_sessions (session_id, user_id, title, question_count, created_at, updated_at)"
    " VALUES (?1, ?2, ?3, 0, ?4, ?5) ON CONFLICT (session_id) DO UPDATE SET"
    " title = CASE WHEN excluded.title = '' THEN title ELSE excluded.title END,"
    " created_at = min(created_at, excluded.created_at), updated_at = max(updated_at, excluded.updated_at)"
    " WHERE deleted_at IS NULL";
constexpr std::string_view kFindTombstone =
    "SELECT 1 FROM chat_sessions WHERE session_id = ?1 AND deleted_at IS NOT NULL";
constexpr std::string_view kInsertTurn =
    "INSERT INTO chat_messages (session_id, ts, turn_id, seq, user_id, question, answer, status, model)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING";
constexpr std::string_view kFindTurn =
    "SELECT 1 FROM chat_messages WHERE session_id = ?1 AND ts = ?2 AND turn_id = ?3";
constexpr std::string_view kRaiseCount =
    "UPDATE chat_sessions SET question_count = ?2 WHERE session_id = ?1 AND question_count < ?2";
constexpr std::string_view kRaiseCountToRows =
    "UPDATE chat_sessions SET question_count = max(question_count,"
    " (SELECT count(*) FROM chat_messages WHERE session_id = ?1)) WHERE session_id = ?1";
constexpr std::string_view kInsertLetter =
    "INSERT INTO dead_letters (session_id, message_key, reason, error_code, payload, first_failed_at)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING";
constexpr std::string_view kBurySession =
    "INSERT INTO chat_sessions (session_id, user_id, title, question_count, created_at, updated_at, "
    "deleted_at)"
    " VALUES (?1, '', '', 0, ?2, ?2, ?2) ON CONFLICT (session_id) DO UPDATE SET"
    " title = '', deleted_at = coalesce(deleted_at, excluded.deleted_at)";
constexpr std::string_view kDeleteTurns = "DELETE FROM chat_messages WHERE session_id = ?1";
constexpr std::string_view kDeleteLetters = "DELETE FROM dead_letters WHERE session_id = ?1";

/// What a batch says about the count of a session.
struct Numbers {
  std::int64_t highest_seq = 0;
  bool some_unnumbered = false;
};

std::vector<const PendingTurn*> by_primary_key(const TurnBatch& batch) {
  std::vector<const PendingTurn*> turns;
  turns.reserve(batch.turns.size());
  for (const PendingTurn& turn : batch.turns) turns.push_back(&turn);
  std::ranges::sort(turns, {}, [](const PendingTurn* pending) {
    return std::tuple(std::string_view(pending->turn.session_id), pending->turn.timestamp_us);
  });
  return turns;
}

/// For a turn whose session the batch does not list.
Session session_of(const Turn& turn) {
  return {.session_id = turn.session_id,
          .user_id = turn.user_id,
          .title = {},
          .created_at_us = turn.timestamp_us,
          .updated_at_us = turn.timestamp_us};
}

DeadLetter clash(const PendingTurn& pending) {
  return {.session_id = pending.turn.session_id,
          .key = pending.key,
          .reason = "another turn has this turn's id, or its place in the session",
          .error_code = "identity_clash",
          .payload = history_entry(pending.turn),
          .first_failed_at_us = SystemClock().now_us()};
}

}  // namespace

Result<SqliteTurnWriter> SqliteTurnWriter::create(SqliteDatabase database) {
  SqliteTurnWriter writer;
  writer.database_ = std::move(database);
  const std::pair<SqliteStatement*, std::string_view> statements[] = {
      {&writer.upsert_session_, kUpsertSession}, {&writer.find_tombstone_, kFindTombstone},
      {&writer.insert_turn_, kInsertTurn},       {&writer.find_turn_, kFindTurn},
      {&writer.raise_count_, kRaiseCount},       {&writer.raise_count_to_rows_, kRaiseCountToRows},
      {&writer.insert_letter_, kInsertLetter},   {&writer.bury_session_, kBurySession},
      {&writer.delete_turns_, kDeleteTurns},     {&writer.delete_letters_, kDeleteLetters}};
  for (const auto& [statement, sql] : statements) {
    Result<SqliteStatement> prepared = writer.database_.prepare(sql);
    if (!prepared) return failure_of(std::move(prepared));
    *statement = std::move(*prepared);
  }
  return writer;
}

Result<void> SqliteTurnWriter::begin() { return database_.execute("BEGIN IMMEDIATE"); }

template <class T>
Result<T> SqliteTurnWriter::finish(Result<T> outcome) {
  if (outcome) {
    Result<void> committed = database_.execute("COMMIT");
    if (!committed) outcome = failure_of(std::move(committed));
  }
  database_.rollback();
  return outcome;
}

Result<WriteOutcome> SqliteTurnWriter::write(const TurnBatch& batch) {
  if (Result<void> begun = begin(); !begun) return failure_of(std::move(begun));
  return finish(write_rows(batch));
}

Result<std::size_t> SqliteTurnWriter::erase(const std::string& session_id) {
  if (Result<void> begun = begin(); !begun) return failure_of(std::move(begun));
  return finish(erase_rows(session_id));
}

Result<WriteOutcome> SqliteTurnWriter::write_rows(const TurnBatch& batch) {
  std::set<std::string_view> deleted;
  std::map<std::string_view, Numbers> numbers;
  for (const Session& session : batch.sessions) {
    if (Result<void> done = upsert_session(session); !done) return failure_of(std::move(done));
    numbers[session.session_id];
  }
  for (const PendingTurn& pending : batch.turns) {
    if (!numbers.try_emplace(pending.turn.session_id).second) continue;
    if (Result<void> done = upsert_session(session_of(pending.turn)); !done)
      return failure_of(std::move(done));
  }
  for (const DeadLetter& letter : batch.dead_letters) numbers[letter.session_id];
  for (const auto& [session_id, unused] : numbers) {
    const Result<bool> gone = is_deleted(std::string(session_id));
    if (!gone) return std::unexpected(gone.error());
    if (*gone) deleted.insert(session_id);
  }

  WriteOutcome outcome;
  for (const PendingTurn* pending : by_primary_key(batch)) {
    const Turn& turn = pending->turn;
    if (deleted.contains(turn.session_id)) {
      ++outcome.deleted;
      continue;
    }
    const Result<TurnFate> fate = insert_turn(turn);
    if (!fate) return std::unexpected(fate.error());
    if (*fate == TurnFate::clashed) {
      ++outcome.quarantined;
      if (Result<void> done = insert_letter(clash(*pending)); !done) return failure_of(std::move(done));
      continue;
    }
    if (*fate == TurnFate::inserted) ++outcome.inserted;
    Numbers& known = numbers[turn.session_id];
    known.highest_seq = std::max(known.highest_seq, turn.seq.value_or(0));
    known.some_unnumbered |= !turn.seq;
  }
  for (const DeadLetter& letter : batch.dead_letters) {
    if (deleted.contains(letter.session_id)) continue;
    if (Result<void> done = insert_letter(letter); !done) return failure_of(std::move(done));
  }
  for (const auto& [session_id, known] : numbers) {
    raise_count_.bind_all(session_id, known.highest_seq);
    if (Result<void> done = raise_count_.run(); !done) return failure_of(std::move(done));
    if (!known.some_unnumbered) continue;
    raise_count_to_rows_.bind_all(session_id);
    if (Result<void> done = raise_count_to_rows_.run(); !done) return failure_of(std::move(done));
  }
  return outcome;
}

Result<bool> SqliteTurnWriter::is_deleted(const std::string& session_id) {
  find_tombstone_.bind_all(session_id);
  Result<bool> found = find_tombstone_.step();
  find_tombstone_.reset();
  return found;
}

Result<void> SqliteTurnWriter::upsert_session(const Session& session) {
  upsert_session_.bind_all(session.session_id, session.user_id, session.title, session.created_at_us,
                           session.updated_at_us);
  return upsert_session_.run();
}

Result<SqliteTurnWriter::TurnFate> SqliteTurnWriter::insert_turn(const Turn& turn) {
  insert_turn_.bind_all(turn.session_id, turn.timestamp_us, turn.turn_id, turn.seq, turn.user_id,
                        turn.question, turn.answer, to_string(turn.status), turn.model);
  if (Result<void> done = insert_turn_.run(); !done) return failure_of(std::move(done));
  if (database_.changes() == 1) return TurnFate::inserted;
  find_turn_.bind_all(turn.session_id, turn.timestamp_us, turn.turn_id);
  const Result<bool> same = find_turn_.step();
  find_turn_.reset();
  if (!same) return std::unexpected(same.error());
  return *same ? TurnFate::stored_before : TurnFate::clashed;
}

Result<void> SqliteTurnWriter::insert_letter(const DeadLetter& letter) {
  insert_letter_.bind_all(letter.session_id, letter.key, letter.reason, letter.error_code, letter.payload,
                          letter.first_failed_at_us);
  return insert_letter_.run();
}

Result<std::size_t> SqliteTurnWriter::erase_rows(const std::string& session_id) {
  bury_session_.bind_all(session_id, SystemClock().now_us());
  if (Result<void> done = bury_session_.run(); !done) return failure_of(std::move(done));
  delete_letters_.bind_all(session_id);
  if (Result<void> done = delete_letters_.run(); !done) return failure_of(std::move(done));
  delete_turns_.bind_all(session_id);
  if (Result<void> done = delete_turns_.run(); !done) return failure_of(std::move(done));
  return static_cast<std::size_t>(database_.changes());
}

}  // namespace chatsync::sql
