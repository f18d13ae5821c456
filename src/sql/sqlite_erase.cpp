#include "sql/sqlite_erase.hpp"

#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "sql/sqlite_conversations.hpp"
#include "sql/sqlite_statements.hpp"

namespace chatsync::sql {
namespace {

constexpr std::string_view kDeleteMarks = "DELETE FROM unsettled_turns WHERE session_id = ?1";
constexpr std::string_view kBurySession =
    "INSERT INTO chat_sessions (session_id, user_id, title, question_count, created_at, updated_at,"
    " deleted_at) VALUES (?1, '', '', max(?2, ?3), ?4, ?4, ?4) ON CONFLICT (session_id) DO UPDATE SET"
    " title = '', titled_at = NULL, metadata = NULL, question_count = max(question_count + ?2, ?3),"
    " deleted_at = coalesce(deleted_at, excluded.deleted_at)";
constexpr std::string_view kDeleteLetters = "DELETE FROM dead_letters WHERE session_id = ?1";
constexpr std::string_view kDeleteTurns =
    "DELETE FROM chat_messages WHERE rowid IN"
    " (SELECT rowid FROM chat_messages WHERE session_id = ?1 ORDER BY ts LIMIT ?2)";

}  // namespace

Result<void> bury_session(SqliteDatabase& database, const std::string& session_id, std::int64_t accepted) {
  return in_transaction(database, [&]() -> Result<void> {
    if (Result<void> done = run_statement(database, kDeleteMarks, session_id); !done) return done;
    Result<void> buried = run_statement(database, kBurySession, session_id, database.changes(), accepted,
                                        SystemClock().now_us());
    if (!buried) return buried;
    if (Result<void> deleted = delete_extras(database, session_id); !deleted) return deleted;
    return run_statement(database, kDeleteLetters, session_id);
  });
}

Result<std::size_t> delete_some_turns(SqliteDatabase& database, const std::string& session_id) {
  // Alone, so a transaction by itself.
  Result<void> done =
      run_statement(database, kDeleteTurns, session_id, static_cast<std::int64_t>(kTurnsPerPiece));
  if (!done) return failure_of(std::move(done));
  return static_cast<std::size_t>(database.changes());
}

}  // namespace chatsync::sql
