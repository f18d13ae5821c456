#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string_view>

#include "base/error.hpp"
#include "chat/turn_store.hpp"
#include "sql/sqlite_database.hpp"

namespace chatsync::sql {

/// The writing connection of the SQLite store, with what a drain needs ready-made. Blocking; used by one
/// thread at a time.
class SqliteTurnWriter {
 public:
  /// `database` has its tables.
  static Result<SqliteTurnWriter> create(SqliteDatabase database);

  /// See TurnStore::write(). After an error nothing of it remains.
  Result<WriteOutcome> write(const TurnBatch& batch);

  /// For what else is written.
  SqliteDatabase& database() { return database_; }

 private:
  enum class TurnFate { inserted, stored_before, clashed };

  struct Batched;
  using BatchedSessions = std::map<std::string_view, Batched>;
  using DeletedSessions = std::set<std::string_view>;

  static BatchedSessions sessions_in(const TurnBatch& batch);
  Result<WriteOutcome> write_rows(const TurnBatch& batch);
  Result<DeletedSessions> write_sessions(const BatchedSessions& sessions);
  Result<bool> is_deleted(std::string_view session_id);
  /// False if the session was left alone: it has a tombstone, or the batch has nothing but its letters.
  Result<bool> write_session(const Batched& known);
  Result<bool> upsert_session(const Session& session, std::int64_t count);
  Result<TurnFate> insert_turn(const Turn& turn);

  SqliteDatabase database_;
  SqliteStatement upsert_session_;
  SqliteStatement find_tombstone_;
  SqliteStatement insert_turn_;
  SqliteStatement find_turn_;
  SqliteStatement raise_count_;
  SqliteStatement raise_count_to_rows_;
};

}  // namespace chatsync::sql
