// New turns get ever greater rowids, so one number says how far the index has come. A trigger takes deleted
// turns out of the index, and takes the number back where SQLite will give their rowids again.
#include "sql/sqlite_search.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sql/sqlite_statements.hpp"

namespace chatsync::sql {
namespace {

constexpr std::string_view kLastOfNext =
    "SELECT max(rowid) FROM (SELECT rowid FROM chat_messages WHERE rowid > (SELECT indexed FROM search_state)"
    " ORDER BY rowid LIMIT ?1)";
constexpr std::string_view kIndex =
    "INSERT INTO turn_search (rowid, question, answer) SELECT rowid, question, answer FROM turn_search_text"
    " WHERE rowid > (SELECT indexed FROM search_state) AND rowid <= ?1";
constexpr std::string_view kSetIndexed = "UPDATE search_state SET indexed = ?1";
// The texts are read of the page's turns alone.
constexpr std::string_view kSearch =
    "SELECT session_id, ts, turn_id, seq, user_id, question, answer, status, model, details FROM "
    "chat_messages"
    " WHERE rowid IN (SELECT m.rowid FROM turn_search AS f JOIN chat_messages AS m ON m.rowid = f.rowid"
    " JOIN chat_sessions AS s ON s.session_id = m.session_id WHERE f.turn_search MATCH ?1"
    " AND s.deleted_at IS NULL AND (?2 = '' OR s.user_id = ?2) AND (?3 = '' OR m.session_id = ?3)"
    " AND (m.ts < ?4 OR (m.ts = ?4 AND m.turn_id > ?5)) AND NOT EXISTS (SELECT 1 FROM item_marks AS i"
    " WHERE i.session_id = m.session_id AND i.turn_id = m.turn_id AND i.deleted_at IS NOT NULL)"
    " ORDER BY m.ts DESC, m.turn_id LIMIT ?6) ORDER BY ts DESC, turn_id";

/// All of the words, each as a string of FTS5's language, as the index has them.
std::string match_of(const std::vector<std::string>& words) {
  std::string match;
  for (const std::string& word : words) {
    match += " \"";
    for (std::size_t i = 0; i < word.size(); ++i) {
      // đ and Đ, whose stroke is no accent to the tokenizer.
      const bool is_stroked = word.compare(i, 2, "đ") == 0 || word.compare(i, 2, "Đ") == 0;
      match += is_stroked ? 'd' : word[i];
      if (is_stroked) ++i;
    }
    match += '"';
  }
  return match;
}

}  // namespace

Result<std::size_t> index_some_turns(SqliteDatabase& database, std::size_t limit) {
  return in_transaction(database, [&]() -> Result<std::size_t> {
    std::optional<std::int64_t> last;
    Result<void> read = for_each_row(
        database, kLastOfNext, [&](const SqliteStatement& row) { last = row.optional_integer(0); },
        static_cast<std::int64_t>(limit));
    if (!read) return failure_of(std::move(read));
    if (!last) return 0;
    if (Result<void> done = run_statement(database, kIndex, *last); !done) return failure_of(std::move(done));
    const auto indexed = static_cast<std::size_t>(database.changes());
    if (Result<void> done = run_statement(database, kSetIndexed, *last); !done) {
      return failure_of(std::move(done));
    }
    return indexed;
  });
}

Result<std::vector<Turn>> search_turns(SqliteDatabase& database, const SearchQuery& query) {
  std::vector<Turn> turns;
  const auto add = [&](const SqliteStatement& row) {
    turns.push_back({.session_id = std::string(row.text(0)),
                     .turn_id = std::string(row.text(2)),
                     .timestamp_us = row.integer(1),
                     .seq = row.optional_integer(3),
                     .user_id = std::string(row.text(4)),
                     .question = std::string(row.text(5)),
                     .answer = std::string(row.text(6)),
                     .status = turn_status_from(row.text(7)),
                     .model = std::string(row.text(8)),
                     .details = std::string(row.text(9))});
  };
  const SearchQuery::Position after = query.after.value_or(
      SearchQuery::Position{.timestamp_us = std::numeric_limits<std::int64_t>::max(), .turn_id = {}});
  Result<void> read = for_each_row(database, kSearch, add, match_of(query.words), query.user_id.value_or(""),
                                   query.session_id.value_or(""), after.timestamp_us, after.turn_id,
                                   static_cast<std::int64_t>(query.limit));
  if (!read) return failure_of(std::move(read));
  return turns;
}

}  // namespace chatsync::sql
