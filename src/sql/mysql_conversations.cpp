// Whoever changes something makes and locks the session's row first. So an erasure either waits and then
// deletes what was added, or was first, and nothing is added.
#include "sql/mysql_conversations.hpp"

#include <utility>

#include "base/clock.hpp"
#include "sql/extras_by_turn.hpp"
#include "sql/mysql_sessions.hpp"
#include "sql/mysql_statements.hpp"
#include "sql/mysql_transaction.hpp"

namespace chatsync::sql {
namespace {

constexpr std::size_t kMaxTitleCharacters = 1'024;  // chat_sessions.title

std::string literal_or_null(MySqlConnection& connection, const std::string& text) {
  return text.empty() ? "NULL" : connection.literal(text);
}

/// The columns that name an item, as values.
std::string place_of(MySqlConnection& connection, const Session& session, const ItemPlace& place) {
  return fmt::format("{}, {}, {}, {}", connection.literal(session.session_id),
                     connection.literal(place.turn_id), connection.literal(place.sibling_id), place.item);
}

/// Runs `change` with the session's row made and locked, unless the session is erased.
template <class Change>
SqlResult<ChangeFate> change_session(MySqlConnection& connection, const Session& session, Change change) {
  return in_transaction(connection, [&]() -> SqlResult<ChangeFate> {
    BatchSession row{.session = session};
    row.session.title.clear();  // The caller may show one that nobody gave.
    row.session.question_count = 0;
    if (row.session.created_at_us == 0) {
      row.session.created_at_us = row.session.updated_at_us = SystemClock().now_us();
    }
    if (auto made = upsert_sessions(connection, std::span(&row, 1), false); !made) {
      return sql_failure_of(std::move(made));
    }
    const auto erased = find_erased(connection, std::span(&session.session_id, 1));
    if (!erased) return std::unexpected(erased.error());
    if (!erased->empty()) return ChangeFate::session_erased;
    return change();
  });
}

SqlResult<ChangeFate> run_change(MySqlConnection& connection, const std::string& statement) {
  if (auto done = connection.execute(statement); !done) return sql_failure_of(std::move(done));
  return ChangeFate::done;
}

ItemMark mark_of(SqlRow& row) {
  ItemMark mark{
      .place = {.turn_id = text_at(row, 0), .sibling_id = text_at(row, 1), .item = integer_at(row, 2)},
      .deleted = integer_at(row, 3) != 0,
      .feedback = {}};
  if (row.at(4)) {
    mark.feedback = ItemFeedback{.rating = static_cast<int>(integer_at(row, 4)),
                                 .comment = text_at(row, 5),
                                 .given_by = text_at(row, 6),
                                 .given_at_us = integer_at(row, 7)};
  }
  return mark;
}

}  // namespace

SqlResult<ChangeFate> describe_session(MySqlConnection& connection, const Session& session,
                                       const std::optional<std::string>& title,
                                       const std::optional<std::string>& metadata) {
  return change_session(connection, session, [&] {
    std::string set;
    if (title) {
      set += fmt::format(" title = {}, titled_at = NOW(6)",
                         connection.literal(storable_text(*title, kMaxTitleCharacters)));
    }
    if (metadata) {
      set += fmt::format("{} metadata = {}", title ? "," : "", literal_or_null(connection, *metadata));
    }
    if (set.empty()) return SqlResult<ChangeFate>(ChangeFate::done);
    return run_change(connection, fmt::format("UPDATE chat_sessions SET{} WHERE session_id = {}", set,
                                              connection.literal(session.session_id)));
  });
}

SqlResult<std::vector<SessionDescription>> read_descriptions(MySqlConnection& connection,
                                                             std::span<const std::string> session_ids) {
  auto rows = query_in_parts(
      connection,
      fmt::format("SELECT session_id, title, metadata, {} FROM chat_sessions WHERE deleted_at IS NULL "
                  "AND session_id IN (",
                  microseconds_of("updated_at")),
      literals(connection, session_ids), ")");
  if (!rows) return sql_failure_of(std::move(rows));
  std::vector<SessionDescription> descriptions;
  descriptions.reserve(rows->size());
  for (auto& row : *rows)
    descriptions.push_back({text_at(row, 0), text_at(row, 1), text_at(row, 2), integer_at(row, 3)});
  return descriptions;
}

SqlResult<ChangeFate> mark_deleted(MySqlConnection& connection, const Session& session,
                                   const ItemPlace& place) {
  return change_session(connection, session, [&] {
    return run_change(
        connection, fmt::format("INSERT INTO item_marks (session_id, turn_id, sibling_id, item, deleted_at) "
                                "VALUES ({}, NOW(6)) ON DUPLICATE KEY UPDATE"
                                " deleted_at = COALESCE(deleted_at, NOW(6)),"
                                " rating = NULL, comment = NULL, rated_by = NULL, rated_at = NULL",
                                place_of(connection, session, place)));
  });
}

SqlResult<ChangeFate> mark_rated(MySqlConnection& connection, const Session& session, const ItemPlace& place,
                                 const std::optional<ItemFeedback>& feedback) {
  return change_session(connection, session, [&]() -> SqlResult<ChangeFate> {
    const std::string values =
        feedback
            ? fmt::format("{}, {}, {}, {}", feedback->rating, literal_or_null(connection, feedback->comment),
                          literal_or_null(connection, feedback->given_by), datetime_of(feedback->given_at_us))
            : "NULL, NULL, NULL, NULL";
    // The session's lock keeps everybody else from the item until the COMMIT.
    const auto deleted = connection.query(
        fmt::format("SELECT 1 FROM item_marks WHERE (session_id, turn_id, sibling_id, item) = ({}) AND "
                    "deleted_at IS NOT NULL",
                    place_of(connection, session, place)));
    if (!deleted) return std::unexpected(deleted.error());
    if (!deleted->empty()) return ChangeFate::item_deleted;
    return run_change(connection,
                      fmt::format("INSERT INTO item_marks (session_id, turn_id, sibling_id, item, rating, "
                                  "comment, rated_by, rated_at) VALUES ({}, {}) ON DUPLICATE KEY UPDATE"
                                  " rating = VALUES(rating), comment = VALUES(comment),"
                                  " rated_by = VALUES(rated_by), rated_at = VALUES(rated_at)",
                                  place_of(connection, session, place), values));
  });
}

SqlResult<ChangeFate> insert_sibling(MySqlConnection& connection, const Session& session,
                                     const std::string& turn_id, const SiblingAnswer& sibling) {
  return change_session(connection, session, [&] {
    return run_change(
        connection,
        fmt::format("INSERT INTO sibling_answers (session_id, turn_id, sibling_id, answer, status, model, "
                    "details, created_at) VALUES ({}, {}, {}, {}, {}, {}, {}, {}) "
                    "ON DUPLICATE KEY UPDATE sibling_id = VALUES(sibling_id)",
                    connection.literal(session.session_id), connection.literal(turn_id),
                    connection.literal(sibling.sibling_id), connection.literal(sibling.answer),
                    connection.literal(to_string(sibling.status)), connection.literal(sibling.model),
                    literal_or_null(connection, sibling.details), datetime_of(sibling.created_at_us)));
  });
}

SqlResult<std::vector<TurnExtras>> read_extras(MySqlConnection& connection, const std::string& session_id,
                                               std::span<const std::string> turn_ids) {
  const auto ids = literals(connection, turn_ids);
  const auto of_turns = [&](std::string_view columns, std::string_view table) {
    return fmt::format("SELECT {} FROM {} WHERE session_id = {} AND turn_id IN (", columns, table,
                       connection.literal(session_id));
  };
  auto marks = query_in_parts(
      connection,
      of_turns(fmt::format("turn_id, sibling_id, item, deleted_at IS NOT NULL, rating, comment, rated_by, {}",
                           microseconds_of("rated_at")),
               "item_marks"),
      ids, ") ORDER BY turn_id, sibling_id, item");
  if (!marks) return sql_failure_of(std::move(marks));
  auto siblings =
      query_in_parts(connection,
                     of_turns(fmt::format("turn_id, sibling_id, answer, status, model, details, {}",
                                          microseconds_of("created_at")),
                              "sibling_answers"),
                     ids, ") ORDER BY turn_id, sibling_id");
  if (!siblings) return sql_failure_of(std::move(siblings));
  ExtrasByTurn extras;
  for (auto& row : *marks) extras.add(mark_of(row));
  for (auto& row : *siblings) {
    extras.add(text_at(row, 0), {.sibling_id = text_at(row, 1),
                                 .answer = text_at(row, 2),
                                 .status = turn_status_from(text_at(row, 3)),
                                 .model = text_at(row, 4),
                                 .details = text_at(row, 5),
                                 .created_at_us = integer_at(row, 6)});
  }
  return std::move(extras).list();
}

SqlResult<std::optional<std::string>> find_turn_of_sibling(MySqlConnection& connection,
                                                           const std::string& session_id,
                                                           const std::string& sibling_id) {
  auto rows = connection.query(
      fmt::format("SELECT turn_id FROM sibling_answers WHERE session_id = {} AND sibling_id = {} LIMIT 1",
                  connection.literal(session_id), connection.literal(sibling_id)));
  if (!rows) return sql_failure_of(std::move(rows));
  if (rows->empty()) return std::nullopt;
  return text_at(rows->front(), 0);
}

SqlResult<void> delete_extras(MySqlConnection& connection, const std::string& session_literal) {
  for (const std::string_view table : {"item_marks", "sibling_answers"}) {
    auto deleted =
        connection.execute(fmt::format("DELETE FROM {} WHERE session_id = {}", table, session_literal));
    if (!deleted) return sql_failure_of(std::move(deleted));
  }
  return {};
}

}  // namespace chatsync::sql
