// Writing a batch. The sessions go first, then the turns, each in the order of their primary keys. A turn
// that meets a row of its own session, time stamp and id has been delivered before and is left alone; one
// that meets any other row has lost its identity to a different turn and goes to dead_letters whole. What
// belongs to a session with a tombstone is left out. Each session's count is raised to the highest number in
// the batch, be it of a row or of a dead letter. What the cache counts is not taken for it: later turns may
// still be pending, and at rest count, rows and highest number are the same. Only where the batch has nothing
// but dead letters of a session, whose numbers may be unreadable, the cache's count is taken.
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
#include "base/fault.hpp"
#include "chat/letter_payload.hpp"
#include "chat/turn_json.hpp"
#include "sql/sqlite_letters.hpp"
#include "sql/sqlite_lineages.hpp"
#include "sql/sqlite_settle.hpp"
#include "sql/sqlite_statements.hpp"

namespace chatsync::sql {
namespace {

constexpr std::string_view kUpsertSession =
    "INSERT INTO chat_sessions (session_id, user_id, title, question_count, created_at, updated_at)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (session_id) DO UPDATE SET"
    " title = CASE WHEN excluded.title = '' OR titled_at IS NOT NULL THEN title ELSE excluded.title END,"
    " question_count = max(question_count, excluded.question_count),"
    " created_at = min(created_at, excluded.created_at), updated_at = max(updated_at, excluded.updated_at)"
    " WHERE deleted_at IS NULL";
constexpr std::string_view kFindTombstone =
    "SELECT 1 FROM chat_sessions WHERE session_id = ?1 AND deleted_at IS NOT NULL";
constexpr std::string_view kInsertTurn =
    "INSERT INTO chat_messages (session_id, ts, turn_id, seq, user_id, question, answer, status, model,"
    " details)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, nullif(?10, '')) ON CONFLICT DO NOTHING";
constexpr std::string_view kFindTurn =
    "SELECT 1 FROM chat_messages WHERE session_id = ?1 AND ts = ?2 AND turn_id = ?3";
constexpr std::string_view kRaiseCount =
    "UPDATE chat_sessions SET question_count = ?2 WHERE session_id = ?1 AND question_count < ?2";
constexpr std::string_view kRaiseCountToRows =
    "UPDATE chat_sessions SET question_count = max(question_count,"
    " (SELECT count(*) FROM chat_messages WHERE session_id = ?1) -"
    " (SELECT count(*) FROM unsettled_turns WHERE session_id = ?1)) WHERE session_id = ?1 AND deleted_at IS "
    "NULL";

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

/// What a batch says about a session.
struct SqliteTurnWriter::Batched {
  const Session* listed = nullptr;
  const Turn* turn = nullptr;  ///< One of its turns.
  std::int64_t highest_seq = 0;
  bool has_letters = false;
  bool some_unnumbered = false;

  std::int64_t count() const {
    const bool only_letters = has_letters && turn == nullptr;
    return only_letters && listed != nullptr ? std::max(highest_seq, listed->question_count) : highest_seq;
  }
};

Result<SqliteTurnWriter> SqliteTurnWriter::create(SqliteDatabase database) {
  SqliteTurnWriter writer;
  writer.database_ = std::move(database);
  const std::pair<SqliteStatement*, std::string_view> statements[] = {
      {&writer.upsert_session_, kUpsertSession}, {&writer.find_tombstone_, kFindTombstone},
      {&writer.insert_turn_, kInsertTurn},       {&writer.find_turn_, kFindTurn},
      {&writer.raise_count_, kRaiseCount},       {&writer.raise_count_to_rows_, kRaiseCountToRows}};
  for (const auto& [statement, sql] : statements) {
    Result<SqliteStatement> prepared = writer.database_.prepare(sql);
    if (!prepared) return failure_of(std::move(prepared));
    *statement = std::move(*prepared);
  }
  return writer;
}

Result<WriteOutcome> SqliteTurnWriter::write(const TurnBatch& batch) {
  return in_transaction(database_, [&] { return write_rows(batch); });
}

SqliteTurnWriter::BatchedSessions SqliteTurnWriter::sessions_in(const TurnBatch& batch) {
  BatchedSessions sessions;
  for (const Session& session : batch.sessions) sessions[session.session_id].listed = &session;
  for (const PendingTurn& pending : batch.turns) {
    Batched& known = sessions[pending.turn.session_id];
    if (known.turn == nullptr) known.turn = &pending.turn;
    known.highest_seq = std::max(known.highest_seq, pending.turn.seq.value_or(0));
    known.some_unnumbered |= !pending.turn.seq;
  }
  for (const DeadLetter& letter : batch.dead_letters) {
    Batched& known = sessions[letter.session_id];
    known.has_letters = true;
    known.highest_seq = std::max(known.highest_seq, seq_in_payload(letter.payload).value_or(0));
  }
  return sessions;
}

Result<SqliteTurnWriter::DeletedSessions> SqliteTurnWriter::write_sessions(const BatchedSessions& sessions) {
  DeletedSessions deleted;
  for (const auto& [session_id, known] : sessions) {
    const Result<bool> written = write_session(known);
    if (!written) return std::unexpected(written.error());
    if (*written) continue;
    const Result<bool> gone = is_deleted(session_id);
    if (!gone) return std::unexpected(gone.error());
    if (*gone && !fault::planted(fault::PlantedBug::ignore_tombstone)) deleted.insert(session_id);
    raise_count_.bind_all(session_id, known.count());
    if (Result<void> done = raise_count_.run(); !done) return failure_of(std::move(done));
  }
  return deleted;
}

Result<WriteOutcome> SqliteTurnWriter::write_rows(const TurnBatch& batch) {
  if (Result<void> done = pass_fence(database_, batch.lineage); !done) return failure_of(std::move(done));
  const BatchedSessions sessions = sessions_in(batch);
  const Result<DeletedSessions> deleted = write_sessions(sessions);
  if (!deleted) return std::unexpected(deleted.error());

  WriteOutcome outcome;
  for (const PendingTurn* pending : by_primary_key(batch)) {
    if (deleted->contains(pending->turn.session_id)) {
      ++outcome.deleted;
      continue;
    }
    const Result<TurnFate> fate = insert_turn(pending->turn);
    if (!fate) return std::unexpected(fate.error());
    if (*fate == TurnFate::inserted) ++outcome.inserted;
    if (*fate != TurnFate::clashed || fault::planted(fault::PlantedBug::insert_ignore)) continue;
    ++outcome.quarantined;
    if (Result<void> done = insert_letter(database_, clash(*pending)); !done) {
      return failure_of(std::move(done));
    }
  }
  for (const DeadLetter& letter : batch.dead_letters) {
    if (deleted->contains(letter.session_id)) {
      ++outcome.deleted;
      continue;
    }
    if (Result<void> done = insert_letter(database_, letter); !done) return failure_of(std::move(done));
  }
  for (const auto& [session_id, known] : sessions) {
    if (!known.some_unnumbered) continue;
    raise_count_to_rows_.bind_all(session_id);
    if (Result<void> done = raise_count_to_rows_.run(); !done) return failure_of(std::move(done));
  }
  return outcome;
}

Result<bool> SqliteTurnWriter::is_deleted(std::string_view session_id) {
  find_tombstone_.bind_all(session_id);
  Result<bool> found = find_tombstone_.step();
  find_tombstone_.reset();
  return found;
}

Result<bool> SqliteTurnWriter::write_session(const Batched& known) {
  if (known.listed != nullptr) return upsert_session(*known.listed, known.count());
  if (known.turn != nullptr) return upsert_session(session_of(*known.turn), known.count());
  return false;
}

Result<bool> SqliteTurnWriter::upsert_session(const Session& session, std::int64_t count) {
  upsert_session_.bind_all(session.session_id, session.user_id, session.title, count, session.created_at_us,
                           session.updated_at_us);
  if (Result<void> done = upsert_session_.run(); !done) return failure_of(std::move(done));
  return database_.changes() == 1;
}

Result<SqliteTurnWriter::TurnFate> SqliteTurnWriter::insert_turn(const Turn& turn) {
  insert_turn_.bind_all(turn.session_id, turn.timestamp_us, turn.turn_id, turn.seq, turn.user_id,
                        turn.question, turn.answer, to_string(turn.status), turn.model, turn.details);
  if (Result<void> done = insert_turn_.run(); !done) return failure_of(std::move(done));
  if (database_.changes() == 1) return TurnFate::inserted;
  const Result<std::optional<std::int64_t>> unsettled =
      find_unsettled(database_, turn.session_id, turn.turn_id);
  if (!unsettled) return std::unexpected(unsettled.error());
  if (*unsettled && turn.seq) {
    Result<void> settled =
        settle_one(database_, turn.session_id,
                   {.timestamp_us = **unsettled, .seq = *turn.seq, .final_timestamp_us = turn.timestamp_us});
    if (!settled) return failure_of(std::move(settled));
    return TurnFate::stored_before;
  }
  find_turn_.bind_all(turn.session_id, turn.timestamp_us, turn.turn_id);
  const Result<bool> same = find_turn_.step();
  find_turn_.reset();
  if (!same) return std::unexpected(same.error());
  return *same ? TurnFate::stored_before : TurnFate::clashed;
}

}  // namespace chatsync::sql
