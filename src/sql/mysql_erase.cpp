#include "sql/mysql_erase.hpp"

#include <fmt/format.h>

#include <utility>

#include "sql/mysql_conversations.hpp"
#include "sql/mysql_search.hpp"
#include "sql/mysql_transaction.hpp"

namespace chatsync::sql {

SqlResult<void> bury_session(MySqlConnection& connection, const std::string& session_id,
                             std::int64_t accepted) {
  const auto id = connection.literal(session_id);
  return in_transaction(connection, [&]() -> SqlResult<void> {
    auto locked = connection.execute(
        fmt::format("INSERT INTO chat_sessions (session_id, user_id, title, question_count, created_at, "
                    "updated_at) VALUES ({}, '', '', 0, NOW(6), NOW(6)) "
                    "ON DUPLICATE KEY UPDATE session_id = VALUES(session_id)",
                    id));
    if (!locked) return sql_failure_of(std::move(locked));
    const auto unsettled =
        connection.execute(fmt::format("DELETE FROM unsettled_turns WHERE session_id = {}", id));
    if (!unsettled) return std::unexpected(unsettled.error());
    auto buried =
        connection.execute(fmt::format("UPDATE chat_sessions SET title = '', titled_at = NULL, metadata = "
                                       "NULL, question_count = GREATEST(question_count + {}, {}), "
                                       "deleted_at = COALESCE(deleted_at, NOW(6)) WHERE session_id = {}",
                                       *unsettled, accepted, id));
    if (!buried) return sql_failure_of(std::move(buried));
    if (auto deleted = delete_extras(connection, id); !deleted) return deleted;
    return delete_from_index(connection, id);
  });
}

SqlResult<bool> delete_some_letters(MySqlConnection& connection, const std::string& session_id) {
  constexpr std::size_t kLettersPerPiece = 1'000;
  const auto deleted =
      connection.execute(fmt::format("DELETE FROM dead_letters WHERE session_id = {} ORDER BY id LIMIT {}",
                                     connection.literal(session_id), kLettersPerPiece));
  if (!deleted) return std::unexpected(deleted.error());
  return *deleted == kLettersPerPiece;
}

SqlResult<std::size_t> delete_some_turns(MySqlConnection& connection, const std::string& session_id) {
  const auto deleted =
      connection.execute(fmt::format("DELETE FROM chat_messages WHERE session_id = {} ORDER BY ts LIMIT {}",
                                     connection.literal(session_id), kTurnsPerPiece));
  if (!deleted) return std::unexpected(deleted.error());
  return static_cast<std::size_t>(*deleted);
}

}  // namespace chatsync::sql
