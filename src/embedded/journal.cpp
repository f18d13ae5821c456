// The journal is an append-only table of turns without any secondary index, so that accepting a turn adds one
// row at the end of the file and touches nothing else: which turns a session has is known by the index in
// memory, which a scan of the table rebuilds. A session's count and last time stamp follow from its turns,
// of which the last ones are always kept. That the store has a turn is a row in `synced` (the turn itself
// may be large) until the turn is deleted; turns without that row are pending. Turns are synced in another
// order than they came in, so that each of many rows would be on a page of its own: at first they are noted
// together, in one row of `acknowledged`, until `synced` is written and turns are deleted in the order of
// their rows (journal_upkeep.cpp). What the cache gave a turn that the store took in its place is a row in
// `settled` until the store has committed it.
#include "embedded/journal.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "base/fault.hpp"

namespace chatsync::embedded {
namespace {

// A checkpoint stalls the commits that wait for it. Seldom and large is cheaper than often and small, since
// most pages of the log are versions of the same few.
constexpr int kCheckpointPages = 4'000;
/// What brings the journal from each version to the next; version 0 is an empty file.
constexpr std::array kSteps = {
    "BEGIN IMMEDIATE;"
    "CREATE TABLE sessions (id INTEGER PRIMARY KEY, session_id TEXT NOT NULL, user_id TEXT NOT NULL,"
    " title TEXT NOT NULL, question_count INTEGER NOT NULL, created_at INTEGER NOT NULL,"
    " updated_at INTEGER NOT NULL, last_turn_at INTEGER NOT NULL, synced INTEGER NOT NULL) STRICT;"
    "CREATE TABLE turns (id INTEGER PRIMARY KEY, session INTEGER NOT NULL, ts INTEGER NOT NULL, seq INTEGER,"
    " turn_id TEXT NOT NULL, user_id TEXT NOT NULL, status TEXT NOT NULL, model TEXT NOT NULL,"
    " question TEXT NOT NULL, answer TEXT NOT NULL) STRICT;"
    "CREATE TABLE synced (turn INTEGER PRIMARY KEY) STRICT;"
    "PRAGMA user_version = 1;"
    "COMMIT",

    "BEGIN IMMEDIATE;"
    "ALTER TABLE sessions ADD COLUMN settled_at INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE settled (session INTEGER NOT NULL, ts INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " final_ts INTEGER NOT NULL, PRIMARY KEY (session, ts)) STRICT, WITHOUT ROWID;"
    "PRAGMA user_version = 2;"
    "COMMIT",

    "BEGIN IMMEDIATE;"
    "ALTER TABLE turns ADD COLUMN details TEXT NOT NULL DEFAULT '';"
    "PRAGMA user_version = 3;"
    "COMMIT",

    "BEGIN IMMEDIATE;"
    "CREATE TABLE acknowledged (id INTEGER PRIMARY KEY, turns TEXT NOT NULL) STRICT;"
    "PRAGMA user_version = 4;"
    "COMMIT",
};
constexpr auto kVersion = static_cast<std::int64_t>(kSteps.size());

constexpr std::string_view kLoadSessions =
    "SELECT id, session_id, user_id, title, question_count, created_at, updated_at, last_turn_at, synced,"
    " settled_at FROM sessions";
constexpr std::string_view kLoadSettled =
    "SELECT session, ts, seq, final_ts FROM settled ORDER BY session, ts";
constexpr std::string_view kLoadTurns =
    "SELECT turns.id, session, ts, seq, synced.turn FROM turns LEFT JOIN synced ON synced.turn = turns.id"
    " ORDER BY turns.id";
constexpr std::string_view kLoadNotes =
    "SELECT acknowledged.id, each.value FROM acknowledged, json_each(acknowledged.turns) AS each";
constexpr std::string_view kInsertSession =
    "INSERT INTO sessions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
constexpr std::string_view kUpdateSession =
    "UPDATE sessions SET question_count = ?2, last_turn_at = ?3, settled_at = ?4 WHERE id = ?1";
constexpr std::string_view kMarkSessionSynced = "UPDATE sessions SET synced = 1 WHERE id = ?1";
constexpr std::string_view kDeleteSession = "DELETE FROM sessions WHERE id = ?1";
constexpr std::string_view kInsertSettled = "INSERT INTO settled VALUES (?1, ?2, ?3, ?4)";
constexpr std::string_view kDeleteSettled = "DELETE FROM settled WHERE session = ?1 AND ts = ?2";
constexpr std::string_view kInsertTurn =
    "INSERT INTO turns VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
constexpr std::string_view kMarkTurnSynced = "INSERT INTO synced VALUES (?1)";
constexpr std::string_view kNoteAcknowledged = "INSERT INTO acknowledged VALUES (?1, ?2)";
constexpr std::string_view kForgetAcknowledged = "DELETE FROM acknowledged WHERE id <= ?1";
constexpr std::string_view kDeleteTurn = "DELETE FROM turns WHERE id = ?1";
constexpr std::string_view kDeleteMark = "DELETE FROM synced WHERE turn = ?1";
constexpr std::string_view kReadIdentity = "SELECT turn_id, seq FROM turns WHERE id = ?1";
constexpr std::string_view kReadTurn =
    "SELECT ts, seq, turn_id, user_id, status, model, question, answer, details FROM turns WHERE id = ?1";
// No turn has the row 0.
constexpr auto kProbe = "BEGIN IMMEDIATE; REPLACE INTO synced VALUES (0); COMMIT";

Result<void> prepare(sql::SqliteDatabase& database, sql::SqliteStatement& statement, std::string_view text) {
  Result<sql::SqliteStatement> prepared = database.prepare(text);
  if (!prepared) return failure_of(std::move(prepared));
  statement = std::move(*prepared);
  return {};
}

Result<void> bring_up_to_date(sql::SqliteDatabase& database, const std::filesystem::path& file) {
  const Result<std::int64_t> version = database.query_integer("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  if (*version > kVersion) {
    return fail(ErrorKind::internal,
                fmt::format("journal {} has version {}, this program knows only {}: run a newer chatsync",
                            file.string(), *version, kVersion));
  }
  for (std::size_t step = static_cast<std::size_t>(*version); step < kSteps.size(); ++step) {
    Result<void> done = database.execute(kSteps[step]);
    database.rollback();
    if (!done) return done;
  }
  return {};
}

}  // namespace

Result<JournalWriter> JournalWriter::open(const std::filesystem::path& file) {
  Result<sql::SqliteDatabase> database =
      sql::SqliteDatabase::open(file, {.checkpoint_pages = kCheckpointPages});
  if (!database) return failure_of(std::move(database));
  if (Result<void> done = bring_up_to_date(*database, file); !done) return failure_of(std::move(done));
  JournalWriter writer;
  writer.database_ = std::move(*database);
  const std::pair<sql::SqliteStatement*, std::string_view> statements[] = {
      {&writer.begin_, "BEGIN IMMEDIATE"},
      {&writer.commit_, "COMMIT"},
      {&writer.insert_session_, kInsertSession},
      {&writer.update_session_, kUpdateSession},
      {&writer.delete_session_, kDeleteSession},
      {&writer.mark_session_synced_, kMarkSessionSynced},
      {&writer.insert_settled_, kInsertSettled},
      {&writer.delete_settled_, kDeleteSettled},
      {&writer.read_identity_, kReadIdentity},
      {&writer.insert_turn_, kInsertTurn},
      {&writer.mark_turn_synced_, kMarkTurnSynced},
      {&writer.delete_turn_, kDeleteTurn},
      {&writer.delete_mark_, kDeleteMark},
      {&writer.note_acknowledged_, kNoteAcknowledged},
      {&writer.forget_acknowledged_, kForgetAcknowledged}};
  for (const auto& [statement, text] : statements) {
    if (Result<void> done = prepare(writer.database_, *statement, text); !done) {
      return failure_of(std::move(done));
    }
  }
  return writer;
}

Result<void> JournalWriter::load(const Contents& contents) {
  auto settled = load_settled();
  if (!settled) return failure_of(std::move(settled));
  sql::SqliteStatement query;
  if (Result<void> done = prepare(database_, query, kLoadSessions); !done) return done;
  Result<bool> row = query.step();
  for (; row && *row; row = query.step()) {
    SessionEntry entry;
    entry.row = query.integer(0);
    entry.session = {.session_id = std::string(query.text(1)),
                     .user_id = std::string(query.text(2)),
                     .title = std::string(query.text(3)),
                     .question_count = query.integer(4),
                     .created_at_us = query.integer(5),
                     .updated_at_us = query.integer(6)};
    entry.last_turn_us = query.integer(7);
    entry.unsynced = query.integer(8) == 0;
    entry.settled_us = query.integer(9);
    if (const auto found = settled->find(entry.row); found != settled->end()) {
      entry.settled = std::move(found->second);
    }
    contents.session(std::move(entry));
  }
  if (!row) return failure_of(std::move(row));
  return load_turns(contents);
}

Result<std::map<std::int64_t, std::vector<SettledTurn>>> JournalWriter::load_settled() {
  std::map<std::int64_t, std::vector<SettledTurn>> settled;
  sql::SqliteStatement query;
  if (Result<void> done = prepare(database_, query, kLoadSettled); !done) return failure_of(std::move(done));
  Result<bool> row = query.step();
  for (; row && *row; row = query.step()) {
    settled[query.integer(0)].push_back(
        {.timestamp_us = query.integer(1), .seq = query.integer(2), .final_timestamp_us = query.integer(3)});
  }
  if (!row) return failure_of(std::move(row));
  return settled;
}

Result<void> JournalWriter::load_turns(const Contents& contents) {
  sql::SqliteStatement query;
  if (Result<void> done = prepare(database_, query, kLoadTurns); !done) return done;
  Result<bool> row = query.step();
  for (; row && *row; row = query.step()) {
    const TurnRef turn(query.integer(2), query.integer(0), query.optional_integer(4).has_value());
    contents.turn(query.integer(1), turn, query.optional_integer(3));
  }
  if (!row) return failure_of(std::move(row));
  return {};
}

Result<AcknowledgedNotes> JournalWriter::load_notes() {
  AcknowledgedNotes notes;
  sql::SqliteStatement query;
  if (Result<void> done = prepare(database_, query, kLoadNotes); !done) return failure_of(std::move(done));
  Result<bool> row = query.step();
  for (; row && *row; row = query.step()) {
    notes.last_id = std::max(notes.last_id, query.integer(0));
    notes.turns.push_back(query.integer(1));
  }
  if (!row) return failure_of(std::move(row));
  std::ranges::sort(notes.turns);
  return notes;
}

Result<void> JournalWriter::begin() { return begin_.run(); }

Result<void> JournalWriter::commit() {
  fault::point("journal.before_commit");
  Result<void> done = commit_.run();
  fault::point("journal.committed");
  return done;
}

Result<void> JournalWriter::insert_session(const SessionEntry& entry) {
  const Session& session = entry.session;
  insert_session_.bind_all(entry.row, session.session_id, session.user_id, session.title,
                           session.question_count, session.created_at_us, session.updated_at_us,
                           entry.last_turn_us, std::int64_t{entry.unsynced ? 0 : 1}, entry.settled_us);
  return insert_session_.run();
}

Result<void> JournalWriter::update_session(std::int64_t row, std::int64_t question_count,
                                           std::int64_t last_turn_us, std::int64_t settled_us) {
  update_session_.bind_all(row, question_count, last_turn_us, settled_us);
  return update_session_.run();
}

Result<void> JournalWriter::insert_settled(std::int64_t session_row, const SettledTurn& turn) {
  insert_settled_.bind_all(session_row, turn.timestamp_us, turn.seq, turn.final_timestamp_us);
  return insert_settled_.run();
}

Result<void> JournalWriter::delete_settled(std::int64_t session_row, std::int64_t timestamp_us) {
  delete_settled_.bind_all(session_row, timestamp_us);
  return delete_settled_.run();
}

Result<void> JournalWriter::mark_session_synced(std::int64_t row) {
  mark_session_synced_.bind_all(row);
  return mark_session_synced_.run();
}

Result<void> JournalWriter::delete_session(std::int64_t row) {
  delete_session_.bind_all(row);
  return delete_session_.run();
}

Result<void> JournalWriter::insert_turn(std::int64_t session_row, TurnRef ref,
                                        std::optional<std::int64_t> seq, const Turn& turn) {
  insert_turn_.bind_all(ref.row(), session_row, ref.timestamp_us(), seq, turn.turn_id, turn.user_id,
                        to_string(turn.status), turn.model, turn.question, turn.answer, turn.details);
  if (Result<void> done = insert_turn_.run(); !done) return done;
  return ref.synced() ? mark_turn_synced(ref.row()) : Result<void>();
}

Result<std::optional<TurnIdentity>> JournalWriter::read_identity(std::int64_t row) {
  read_identity_.bind_all(row);
  const Result<bool> found = read_identity_.step();
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::nullopt;
  TurnIdentity turn{.turn_id = std::string(read_identity_.text(0)), .seq = read_identity_.integer(1)};
  read_identity_.reset();
  return turn;
}

Result<void> JournalWriter::mark_turn_synced(std::int64_t row) {
  mark_turn_synced_.bind_all(row);
  return mark_turn_synced_.run();
}

Result<void> JournalWriter::note_acknowledged(std::int64_t id, std::span<const std::int64_t> turns) {
  const std::string rows = fmt::format("[{}]", fmt::join(turns, ","));
  note_acknowledged_.bind_all(id, rows);
  return note_acknowledged_.run();
}

Result<void> JournalWriter::forget_acknowledged(std::int64_t last_id) {
  forget_acknowledged_.bind_all(last_id);
  return forget_acknowledged_.run();
}

Result<void> JournalWriter::delete_turn(std::int64_t row) {
  delete_turn_.bind_all(row);
  if (Result<void> done = delete_turn_.run(); !done) return done;
  delete_mark_.bind_all(row);
  return delete_mark_.run();
}

Result<void> JournalWriter::probe() {
  Result<void> written = database_.execute(kProbe);
  database_.rollback();
  return written;
}

Result<JournalReader> JournalReader::open(const std::filesystem::path& file) {
  Result<sql::SqliteDatabase> database = sql::SqliteDatabase::open(file, {.read_only = true});
  if (!database) return failure_of(std::move(database));
  JournalReader reader;
  reader.database_ = std::move(*database);
  if (Result<void> done = prepare(reader.database_, reader.begin_, "BEGIN"); !done) {
    return failure_of(std::move(done));
  }
  if (Result<void> done = prepare(reader.database_, reader.read_turn_, kReadTurn); !done) {
    return failure_of(std::move(done));
  }
  return reader;
}

Result<void> JournalReader::begin() { return begin_.run(); }

Result<std::optional<Turn>> JournalReader::read_turn(std::int64_t row) {
  read_turn_.bind_all(row);
  const Result<bool> found = read_turn_.step();
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::nullopt;
  Turn turn{.session_id = {},
            .turn_id = std::string(read_turn_.text(2)),
            .timestamp_us = read_turn_.integer(0),
            .seq = read_turn_.optional_integer(1),
            .user_id = std::string(read_turn_.text(3)),
            .question = std::string(read_turn_.text(6)),
            .answer = std::string(read_turn_.text(7)),
            .status = turn_status_from(read_turn_.text(4)),
            .model = std::string(read_turn_.text(5)),
            .details = std::string(read_turn_.text(8))};
  read_turn_.reset();
  return turn;
}

}  // namespace chatsync::embedded
