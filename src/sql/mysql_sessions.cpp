#include "sql/mysql_sessions.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "sql/mysql_bulk.hpp"
#include "sql/mysql_statements.hpp"

namespace chatsync::sql {
namespace {

constexpr std::size_t kMaxTitleCharacters = 1'024;  // chat_sessions.title
constexpr std::size_t kMaxBulkRows = 1'000;
// What stands around the texts of a row.
constexpr std::size_t kBulkRowBytes = 96;

constexpr std::string_view kInsert =
    "INSERT INTO chat_sessions (session_id, user_id, title, question_count, created_at, updated_at) VALUES ";
// VALUES() in an UPDATE clause is deprecated in MySQL 8 in favour of a syntax that MariaDB lacks; both accept
// it.
constexpr std::string_view kBringForward =
    " ON DUPLICATE KEY UPDATE"
    " user_id = IF(deleted_at IS NULL AND user_id = '', VALUES(user_id), user_id),"
    " title = IF(deleted_at IS NULL AND titled_at IS NULL AND VALUES(title) <> '', VALUES(title), title),"
    " question_count = GREATEST(question_count, VALUES(question_count)),"
    " created_at = IF(deleted_at IS NULL, LEAST(created_at, VALUES(created_at)), created_at),"
    " updated_at = IF(deleted_at IS NULL, GREATEST(updated_at, VALUES(updated_at)), updated_at)";

SqlResult<void> upsert_by_text(MySqlConnection& connection, std::span<const BatchSession> sessions) {
  std::vector<std::string> rows;
  rows.reserve(sessions.size());
  for (const auto& [session, has_foreign_turns] : sessions) {
    rows.push_back(fmt::format(
        "({},{},{},{},{},{})", connection.literal(session.session_id), connection.literal(session.user_id),
        connection.literal(storable_text(session.title, kMaxTitleCharacters)), session.question_count,
        datetime_of(session.created_at_us), datetime_of(session.updated_at_us)));
  }
  return execute_in_parts(connection, kInsert, rows, kBringForward);
}

SqlResult<void> upsert_by_bulk(MySqlConnection& connection, std::span<const BatchSession> sessions) {
  std::vector<std::string> titles;
  std::vector<std::size_t> bytes;
  for (const auto& [session, has_foreign_turns] : sessions) {
    titles.push_back(storable_text(session.title, kMaxTitleCharacters));
    bytes.push_back(kBulkRowBytes + session.session_id.size() + session.user_id.size() +
                    titles.back().size());
  }
  for (const auto [begin, end] : split_rows(bytes, connection.max_statement_bytes(), kMaxBulkRows)) {
    std::array<BulkColumn, 6> columns;
    for (std::size_t row = begin; row < end; ++row) {
      const Session& session = sessions[row].session;
      columns[0].add(session.session_id);
      columns[1].add(session.user_id);
      columns[2].add(titles[row]);
      columns[3].add(session.question_count);
      columns[4].add(storable_time(session.created_at_us));
      columns[5].add(storable_time(session.updated_at_us));
    }
    auto done = execute_bulk(connection, upsert_sessions_statement(), columns, end - begin);
    if (!done) return sql_failure_of(std::move(done));
  }
  return {};
}

}  // namespace

const std::string& upsert_sessions_statement() {
  static const std::string statement =
      fmt::format("{}(?, ?, ?, ?, {}, {}){}", kInsert, datetime_of("?"), datetime_of("?"), kBringForward);
  return statement;
}

SqlResult<void> upsert_sessions(MySqlConnection& connection, std::span<const BatchSession> sessions,
                                bool by_bulk_binding) {
  return by_bulk_binding ? upsert_by_bulk(connection, sessions) : upsert_by_text(connection, sessions);
}

SqlResult<std::unordered_set<std::string>> find_erased(MySqlConnection& connection,
                                                       std::span<const std::string> session_ids) {
  auto rows = query_in_parts(connection, "SELECT session_id FROM chat_sessions WHERE session_id IN (",
                             literals(connection, session_ids), ") AND deleted_at IS NOT NULL");
  if (!rows) return sql_failure_of(std::move(rows));
  std::unordered_set<std::string> erased;
  for (auto& row : *rows) erased.insert(text_at(row, 0));
  return erased;
}

SqlResult<void> raise_count(MySqlConnection& connection, std::string_view session_id, std::int64_t count) {
  auto done =
      connection.execute(fmt::format("UPDATE chat_sessions SET question_count = GREATEST(question_count, {}) "
                                     "WHERE session_id = {}",
                                     count, connection.literal(session_id)));
  if (!done) return sql_failure_of(std::move(done));
  return {};
}

SqlResult<void> count_rows(MySqlConnection& connection, std::span<const std::string> session_ids) {
  return execute_in_parts(connection,
                          "UPDATE chat_sessions AS s SET question_count = GREATEST(question_count,"
                          " (SELECT COUNT(*) FROM chat_messages AS m WHERE m.session_id = s.session_id) -"
                          " (SELECT COUNT(*) FROM unsettled_turns AS u WHERE u.session_id = s.session_id)) "
                          "WHERE deleted_at IS NULL AND session_id IN (",
                          literals(connection, session_ids), ")");
}

std::vector<std::string> literals(MySqlConnection& connection, std::span<const std::string> texts) {
  std::vector<std::string> result;
  result.reserve(texts.size());
  for (const auto& text : texts) result.push_back(connection.literal(text));
  return result;
}

}  // namespace chatsync::sql
