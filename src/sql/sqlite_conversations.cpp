#include "sql/sqlite_conversations.hpp"

#include <cstdint>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "sql/extras_by_turn.hpp"
#include "sql/sqlite_statements.hpp"

namespace chatsync::sql {
namespace {

constexpr std::string_view kMakeSession =
    "INSERT INTO chat_sessions (session_id, user_id, title, question_count, created_at, updated_at)"
    " VALUES (?1, ?2, '', 0, ?3, ?4) ON CONFLICT DO NOTHING";
constexpr std::string_view kFindTombstone =
    "SELECT 1 FROM chat_sessions WHERE session_id = ?1 AND deleted_at IS NOT NULL";
constexpr std::string_view kSetTitle =
    "UPDATE chat_sessions SET title = ?2, titled_at = ?3 WHERE session_id = ?1";
constexpr std::string_view kSetMetadata =
    "UPDATE chat_sessions SET metadata = nullif(?2, '') WHERE session_id = ?1";
constexpr std::string_view kDescription =
    "SELECT title, metadata, updated_at FROM chat_sessions WHERE session_id = ?1 AND deleted_at IS NULL";
constexpr std::string_view kMarkDeleted =
    "INSERT INTO item_marks (session_id, turn_id, sibling_id, item, deleted_at) VALUES (?1, ?2, ?3, ?4, ?5)"
    " ON CONFLICT DO UPDATE SET deleted_at = coalesce(deleted_at, excluded.deleted_at), rating = NULL,"
    " comment = NULL, rated_by = NULL, rated_at = NULL";
constexpr std::string_view kFindDeleted =
    "SELECT 1 FROM item_marks WHERE session_id = ?1 AND turn_id = ?2 AND sibling_id = ?3 AND item = ?4"
    " AND deleted_at IS NOT NULL";
constexpr std::string_view kMarkRated =
    "INSERT INTO item_marks (session_id, turn_id, sibling_id, item, rating, comment, rated_by, rated_at)"
    " VALUES (?1, ?2, ?3, ?4, ?5, nullif(?6, ''), nullif(?7, ''), ?8)"
    " ON CONFLICT DO UPDATE SET rating = excluded.rating, comment = excluded.comment,"
    " rated_by = excluded.rated_by, rated_at = excluded.rated_at";
constexpr std::string_view kInsertSibling =
    "INSERT INTO sibling_answers (session_id, turn_id, sibling_id, answer, status, model, details, "
    "created_at)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, nullif(?7, ''), ?8) ON CONFLICT DO NOTHING";
constexpr std::string_view kMarks =
    "SELECT turn_id, sibling_id, item, deleted_at IS NOT NULL, rating, comment, rated_by, rated_at"
    " FROM item_marks WHERE session_id = ?1 AND turn_id = ?2 ORDER BY sibling_id, item";
constexpr std::string_view kSiblings =
    "SELECT turn_id, sibling_id, answer, status, model, details, created_at FROM sibling_answers"
    " WHERE session_id = ?1 AND turn_id = ?2 ORDER BY sibling_id";
constexpr std::string_view kTurnOfSibling =
    "SELECT turn_id FROM sibling_answers WHERE session_id = ?1 AND sibling_id = ?2";

template <class... Values>
Result<bool> has_row(SqliteDatabase& database, std::string_view query, const Values&... values) {
  bool found = false;
  Result<void> read = for_each_row(database, query, [&](const SqliteStatement&) { found = true; }, values...);
  if (!read) return failure_of(std::move(read));
  return found;
}

/// Runs `change` with the session's row made, unless the session is erased. Nobody else writes meanwhile.
template <class Change>
Result<ChangeFate> change_session(SqliteDatabase& database, const Session& session, Change change) {
  return in_transaction(database, [&]() -> Result<ChangeFate> {
    const bool has_times = session.created_at_us != 0;
    const std::int64_t now_us = SystemClock().now_us();
    Result<void> made =
        run_statement(database, kMakeSession, session.session_id, session.user_id,
                      has_times ? session.created_at_us : now_us, has_times ? session.updated_at_us : now_us);
    if (!made) return failure_of(std::move(made));
    const Result<bool> erased = has_row(database, kFindTombstone, session.session_id);
    if (!erased) return std::unexpected(erased.error());
    if (*erased) return ChangeFate::session_erased;
    return change();
  });
}

template <class... Values>
Result<ChangeFate> run_change(SqliteDatabase& database, std::string_view sql, const Values&... values) {
  if (Result<void> done = run_statement(database, sql, values...); !done) return failure_of(std::move(done));
  return ChangeFate::done;
}

ItemMark mark_of(const SqliteStatement& row) {
  ItemMark mark{.place = {.turn_id = std::string(row.text(0)),
                          .sibling_id = std::string(row.text(1)),
                          .item = row.integer(2)},
                .deleted = row.integer(3) != 0,
                .feedback = {}};
  if (const auto rating = row.optional_integer(4)) {
    mark.feedback = ItemFeedback{.rating = static_cast<int>(*rating),
                                 .comment = std::string(row.text(5)),
                                 .given_by = std::string(row.text(6)),
                                 .given_at_us = row.integer(7)};
  }
  return mark;
}

SiblingAnswer sibling_of(const SqliteStatement& row) {
  return {.sibling_id = std::string(row.text(1)),
          .answer = std::string(row.text(2)),
          .status = turn_status_from(row.text(3)),
          .model = std::string(row.text(4)),
          .details = std::string(row.text(5)),
          .created_at_us = row.integer(6)};
}

}  // namespace

Result<ChangeFate> describe_session(SqliteDatabase& database, const Session& session,
                                    const std::optional<std::string>& title,
                                    const std::optional<std::string>& metadata) {
  return change_session(database, session, [&]() -> Result<ChangeFate> {
    if (title) {
      const auto titled = run_change(database, kSetTitle, session.session_id, *title, SystemClock().now_us());
      if (!titled || !metadata) return titled;
    }
    if (!metadata) return ChangeFate::done;
    return run_change(database, kSetMetadata, session.session_id, *metadata);
  });
}

Result<std::vector<SessionDescription>> read_descriptions(SqliteDatabase& database,
                                                          std::span<const std::string> session_ids) {
  std::vector<SessionDescription> descriptions;
  for (const std::string& session_id : session_ids) {
    const auto add = [&](const SqliteStatement& row) {
      descriptions.push_back(
          {session_id, std::string(row.text(0)), std::string(row.text(1)), row.integer(2)});
    };
    Result<void> read = for_each_row(database, kDescription, add, session_id);
    if (!read) return failure_of(std::move(read));
  }
  return descriptions;
}

Result<ChangeFate> mark_deleted(SqliteDatabase& database, const Session& session, const ItemPlace& place) {
  return change_session(database, session, [&] {
    return run_change(database, kMarkDeleted, session.session_id, place.turn_id, place.sibling_id, place.item,
                      SystemClock().now_us());
  });
}

Result<ChangeFate> mark_rated(SqliteDatabase& database, const Session& session, const ItemPlace& place,
                              const std::optional<ItemFeedback>& feedback) {
  return change_session(database, session, [&]() -> Result<ChangeFate> {
    const Result<bool> deleted =
        has_row(database, kFindDeleted, session.session_id, place.turn_id, place.sibling_id, place.item);
    if (!deleted) return std::unexpected(deleted.error());
    if (*deleted) return ChangeFate::item_deleted;
    const ItemFeedback given = feedback.value_or(ItemFeedback{});
    std::optional<std::int64_t> rating;
    std::optional<std::int64_t> given_at_us;
    if (feedback) {
      rating = given.rating;
      given_at_us = given.given_at_us;
    }
    return run_change(database, kMarkRated, session.session_id, place.turn_id, place.sibling_id, place.item,
                      rating, given.comment, given.given_by, given_at_us);
  });
}

Result<ChangeFate> insert_sibling(SqliteDatabase& database, const Session& session,
                                  const std::string& turn_id, const SiblingAnswer& sibling) {
  return change_session(database, session, [&] {
    return run_change(database, kInsertSibling, session.session_id, turn_id, sibling.sibling_id,
                      sibling.answer, to_string(sibling.status), sibling.model, sibling.details,
                      sibling.created_at_us);
  });
}

Result<std::vector<TurnExtras>> read_extras(SqliteDatabase& database, const std::string& session_id,
                                            std::span<const std::string> turn_ids) {
  ExtrasByTurn extras;
  Result<SqliteStatement> marks = database.prepare(kMarks);
  if (!marks) return failure_of(std::move(marks));
  Result<SqliteStatement> siblings = database.prepare(kSiblings);
  if (!siblings) return failure_of(std::move(siblings));
  for (const std::string& turn_id : turn_ids) {
    for (SqliteStatement* query : {&*marks, &*siblings}) {
      query->bind_all(session_id, turn_id);
      while (true) {
        const Result<bool> row = query->step();
        if (!row) return std::unexpected(row.error());
        if (!*row) break;
        if (query == &*marks) {
          extras.add(mark_of(*query));
        } else {
          extras.add(turn_id, sibling_of(*query));
        }
      }
    }
  }
  return std::move(extras).list();
}

Result<std::optional<std::string>> find_turn_of_sibling(SqliteDatabase& database,
                                                        const std::string& session_id,
                                                        const std::string& sibling_id) {
  std::optional<std::string> turn_id;
  Result<void> read = for_each_row(
      database, kTurnOfSibling, [&](const SqliteStatement& row) { turn_id = std::string(row.text(0)); },
      session_id, sibling_id);
  if (!read) return failure_of(std::move(read));
  return turn_id;
}

Result<void> delete_extras(SqliteDatabase& database, const std::string& session_id) {
  for (const std::string_view statement : {"DELETE FROM item_marks WHERE session_id = ?1",
                                           "DELETE FROM sibling_answers WHERE session_id = ?1"}) {
    if (Result<void> done = run_statement(database, statement, session_id); !done) return done;
  }
  return {};
}

}  // namespace chatsync::sql
