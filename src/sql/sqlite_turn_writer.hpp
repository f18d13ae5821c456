#pragma once

#include <string>

#include "base/error.hpp"
#include "chat/turn_store.hpp"
#include "sql/sqlite_database.hpp"

namespace chatsync::sql {

/// The writing connection of the SQLite store. Blocking; used by one thread at a time. Each call is one
/// transaction, and after an error nothing of it remains.
class SqliteTurnWriter {
 public:
  /// `database` has its tables.
  static Result<SqliteTurnWriter> create(SqliteDatabase database);

  /// See TurnStore::write().
  Result<WriteOutcome> write(const TurnBatch& batch);

  /// See TurnStore::erase().
  Result<std::size_t> erase(const std::string& session_id);

 private:
  enum class TurnFate { inserted, stored_before, clashed };

  Result<void> begin();
  template <class T>
  Result<T> finish(Result<T> outcome);
  Result<WriteOutcome> write_rows(const TurnBatch& batch);
  Result<bool> is_deleted(const std::string& session_id);
  Result<void> upsert_session(const Session& session);
  Result<TurnFate> insert_turn(const Turn& turn);
  Result<void> insert_letter(const DeadLetter& letter);
  Result<std::size_t> erase_rows(const std::string& session_id);

  SqliteDatabase database_;
  SqliteStatement upsert_session_;
  SqliteStatement find_tombstone_;
  SqliteStatement insert_turn_;
  SqliteStatement find_turn_;
  SqliteStatement raise_count_;
  SqliteStatement raise_count_to_rows_;
  SqliteStatement insert_letter_;
  SqliteStatement bury_session_;
  SqliteStatement delete_turns_;
  SqliteStatement delete_letters_;
};

}  // namespace chatsync::sql
