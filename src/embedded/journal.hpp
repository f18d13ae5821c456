#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "chat/turn.hpp"
#include "embedded/session_index.hpp"
#include "sql/sqlite_database.hpp"

namespace chatsync::embedded {

/// What tells a turn apart, and its place in the session.
struct TurnIdentity {
  std::string turn_id;
  std::int64_t seq = 0;
};

/// What note_acknowledged() left in the journal.
struct AcknowledgedNotes {
  std::int64_t last_id = 0;         ///< 0: there are none.
  std::vector<std::int64_t> turns;  ///< Rows, ascending; of some the turn may be marked or deleted since.
};

/// The writing side of the journal's tables. Blocking; used by one thread at a time.
class JournalWriter {
 public:
  /// What the journal holds, handed out by load().
  struct Contents {
    /// All sessions come before the first turn, with what was settled of them.
    std::function<void(SessionEntry)> session;
    /// By ascending row. A turn may belong to a session that is not there: it was forgotten, and its rows had
    /// not been deleted yet.
    std::function<void(std::int64_t session_row, TurnRef turn, std::optional<std::int64_t> seq)> turn;
  };

  /// Opens the file, creates it with its tables if it is missing, and brings tables of an earlier version up
  /// to this one. Fails with `internal` if a later version wrote it.
  static Result<JournalWriter> open(const std::filesystem::path& file);

  /// A turn is handed out as synced if it is marked so; those that were only noted are in load_notes().
  Result<void> load(const Contents& contents);

  Result<AcknowledgedNotes> load_notes();

  Result<void> begin();
  Result<void> commit();
  void rollback() { database_.rollback(); }

  Result<void> insert_session(const SessionEntry& entry);
  /// What follows from no turn of the session.
  Result<void> update_session(std::int64_t row, std::int64_t question_count, std::int64_t last_turn_us,
                              std::int64_t settled_us);
  Result<void> mark_session_synced(std::int64_t row);
  Result<void> delete_session(std::int64_t row);

  Result<void> insert_settled(std::int64_t session_row, const SettledTurn& turn);
  Result<void> delete_settled(std::int64_t session_row, std::int64_t timestamp_us);

  /// The turn's own session, number and time stamp are not looked at.
  Result<void> insert_turn(std::int64_t session_row, TurnRef ref, std::optional<std::int64_t> seq,
                           const Turn& turn);
  /// Nothing if there is no such row. Sees what the open transaction has written.
  Result<std::optional<TurnIdentity>> read_identity(std::int64_t row);
  Result<void> mark_turn_synced(std::int64_t row);
  /// With its mark, if it has one.
  Result<void> delete_turn(std::int64_t row);

  /// Says of turns that they are synced, without marking each. `id` is greater than those before.
  Result<void> note_acknowledged(std::int64_t id, std::span<const std::int64_t> turns);
  /// Once all turns of these notes are marked or deleted.
  Result<void> forget_acknowledged(std::int64_t last_id);

  /// Succeeds if a transaction that writes a page can commit.
  Result<void> probe();

 private:
  Result<std::map<std::int64_t, std::vector<SettledTurn>>> load_settled();
  Result<void> load_turns(const Contents& contents);

  sql::SqliteDatabase database_;
  sql::SqliteStatement begin_;
  sql::SqliteStatement commit_;
  sql::SqliteStatement insert_session_;
  sql::SqliteStatement update_session_;
  sql::SqliteStatement mark_session_synced_;
  sql::SqliteStatement delete_session_;
  sql::SqliteStatement insert_settled_;
  sql::SqliteStatement delete_settled_;
  sql::SqliteStatement insert_turn_;
  sql::SqliteStatement read_identity_;
  sql::SqliteStatement mark_turn_synced_;
  sql::SqliteStatement delete_turn_;
  sql::SqliteStatement delete_mark_;
  sql::SqliteStatement note_acknowledged_;
  sql::SqliteStatement forget_acknowledged_;
};

/// A reading connection. Blocking; used by one thread at a time.
class JournalReader {
 public:
  /// The journal has been opened for writing before.
  static Result<JournalReader> open(const std::filesystem::path& file);

  /// Nothing if there is no such row. Reads all texts, but not `session_id`.
  Result<std::optional<Turn>> read_turn(std::int64_t row);

  /// Brackets many reads, which are then cheaper.
  Result<void> begin();
  void end() { database_.rollback(); }

 private:
  sql::SqliteDatabase database_;
  sql::SqliteStatement begin_;
  sql::SqliteStatement read_turn_;
};

}  // namespace chatsync::embedded
