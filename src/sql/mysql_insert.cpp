// Three ways to the same rows. Bulk binding sends columns of values with one prepared statement; the text of
// a multi-row INSERT does the same on every server. A turn too large for one packet either way is sent alone,
// its long texts in pieces: then the server's limit holds for each text and not for the whole row.
//
// `ON DUPLICATE KEY UPDATE turn_id = turn_id` changes nothing and counts as no affected row. INSERT IGNORE
// would do so too, but turns truncation and bad characters into warnings.
#include "sql/mysql_insert.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "sql/mysql_batch.hpp"
#include "sql/mysql_bulk.hpp"
#include "sql/mysql_search.hpp"

namespace chatsync::sql {
namespace {

constexpr std::string_view kInsert =
    "INSERT INTO chat_messages (ts, seq, session_id, turn_id, user_id, question, answer, status, model, "
    "details) VALUES ";
constexpr std::string_view kKeepStored = " ON DUPLICATE KEY UPDATE turn_id = turn_id";

// The columns: two integers, then texts.
constexpr std::size_t kTimestamp = 0;
constexpr std::size_t kSeq = 1;
constexpr std::size_t kFirstText = 2;
constexpr std::size_t kTexts = 8;
constexpr std::size_t kQuestion = 5;
constexpr std::size_t kAnswer = 6;
constexpr std::size_t kDetails = 9;  // NULL where there are none.
constexpr std::size_t kColumns = kFirstText + kTexts;

// More rows in a statement gain nothing.
constexpr std::size_t kMaxRows = 1'000;
// What stands around the texts of a row: types, lengths, indicators.
constexpr std::size_t kRowBytes = 128;
constexpr std::size_t kMaxPieceBytes = std::size_t{256} * 1024;

using Turns = std::span<const PendingTurn* const>;

std::array<std::string_view, kTexts> texts_of(const Turn& turn) {
  return {turn.session_id, turn.turn_id,           turn.user_id, turn.question,
          turn.answer,     to_string(turn.status), turn.model,   turn.details};
}

std::size_t row_bytes(const Turn& turn, bool by_bulk_binding) {
  std::size_t bytes = 0;
  for (const auto text : texts_of(turn)) bytes += text.size();
  // Escaping at most doubles a text.
  return kRowBytes + (by_bulk_binding ? bytes : 2 * bytes);
}

SqlResult<std::uint64_t> insert_by_text(MySqlConnection& connection, Turns turns) {
  std::string statement(kInsert);
  for (const auto* pending : turns) {
    const auto& turn = pending->turn;
    if (pending != turns.front()) statement += ',';
    fmt::format_to(std::back_inserter(statement), "({},", turn.timestamp_us);
    statement += turn.seq ? fmt::to_string(*turn.seq) : "NULL";
    const auto texts = texts_of(turn);
    for (const auto text : std::span(texts).first(kDetails - kFirstText)) {
      statement += ',';
      connection.append_literal(statement, text);
    }
    statement += ',';
    if (turn.details.empty()) {
      statement += "NULL";
    } else {
      connection.append_literal(statement, turn.details);
    }
    statement += ')';
  }
  statement += kKeepStored;
  return connection.execute(statement);
}

/// The purpose keeps the two prepared statements apart: the array size stays set on the one for bulks.
std::string insert_statement(std::string_view purpose) {
  return fmt::format("{}(?, ?, ?, ?, ?, ?, ?, ?, ?, ?){} /* {} */", kInsert, kKeepStored, purpose);
}

SqlResult<std::uint64_t> insert_by_bulk(MySqlConnection& connection, Turns turns) {
  std::array<BulkColumn, kColumns> columns;
  for (const auto* pending : turns) {
    const Turn& turn = pending->turn;
    columns[kTimestamp].add(turn.timestamp_us);
    turn.seq ? columns[kSeq].add(*turn.seq) : columns[kSeq].add_null_integer();
    const auto texts = texts_of(turn);
    for (std::size_t text = 0; text < kTexts - 1; ++text) columns[kFirstText + text].add(texts[text]);
    turn.details.empty() ? columns[kDetails].add_null_text() : columns[kDetails].add(turn.details);
  }
  return execute_bulk(connection, insert_statement("bulk"), columns, turns.size());
}

bool send_in_pieces(MYSQL_STMT* statement, unsigned column, std::string_view text, std::size_t piece_bytes) {
  do {
    const auto piece = text.substr(0, piece_bytes);
    if (mysql_stmt_send_long_data(statement, column, piece.data(), piece.size()) != 0) return false;
    text.remove_prefix(piece.size());
  } while (!text.empty());
  return true;
}

SqlResult<std::uint64_t> insert_in_pieces(MySqlConnection& connection, const Turn& turn) {
  const auto limit = connection.max_packet_bytes();
  if (std::max({turn.question.size(), turn.answer.size(), turn.details.size()}) > limit) {
    return std::unexpected(
        SqlError{kPacketTooLarge, fmt::format("a text of turn {} in session {} is larger than the server's "
                                              "max_allowed_packet of {} bytes: raise it",
                                              turn.turn_id, turn.session_id, limit)});
  }
  auto statement = connection.prepare(insert_statement("in pieces"));
  if (!statement) return sql_failure_of(std::move(statement));
  auto timestamp = turn.timestamp_us;
  auto seq = turn.seq.value_or(0);
  my_bool seq_is_null = turn.seq ? 0 : 1;
  const auto texts = texts_of(turn);
  std::array<unsigned long, kTexts> lengths{};
  std::array<MYSQL_BIND, kColumns> binds{};
  binds[kTimestamp].buffer_type = MYSQL_TYPE_LONGLONG;
  binds[kTimestamp].buffer = &timestamp;
  binds[kSeq].buffer_type = MYSQL_TYPE_LONGLONG;
  binds[kSeq].buffer = &seq;
  binds[kSeq].is_null = &seq_is_null;
  for (std::size_t text = 0; text < kTexts; ++text) {
    lengths[text] = texts[text].size();
    auto& bind = binds[kFirstText + text];
    bind.buffer_type = MYSQL_TYPE_STRING;
    bind.buffer = const_cast<char*>(texts[text].data());  // The driver only reads it.
    bind.length = &lengths[text];
  }
  my_bool no_details = turn.details.empty() ? 1 : 0;
  binds[kDetails].is_null = &no_details;
  const auto piece_bytes = std::min(kMaxPieceBytes, limit / 2);
  if (mysql_stmt_bind_param(*statement, binds.data()) != 0 ||
      !send_in_pieces(*statement, kQuestion, turn.question, piece_bytes) ||
      !send_in_pieces(*statement, kAnswer, turn.answer, piece_bytes) ||
      (!turn.details.empty() && !send_in_pieces(*statement, kDetails, turn.details, piece_bytes)) ||
      mysql_stmt_execute(*statement) != 0) {
    return statement_failed(connection, *statement);
  }
  return mysql_stmt_affected_rows(*statement);
}

}  // namespace

SqlResult<std::uint64_t> insert_turns(MySqlConnection& connection, Turns turns, bool by_bulk_binding) {
  const auto max_bytes = connection.max_statement_bytes();
  std::vector<std::size_t> bytes;
  bytes.reserve(turns.size());
  for (const auto* pending : turns) bytes.push_back(row_bytes(pending->turn, by_bulk_binding));

  std::uint64_t inserted = 0;
  for (const auto [begin, end] : split_rows(bytes, max_bytes, kMaxRows)) {
    const auto rows = turns.subspan(begin, end - begin);
    auto done = bytes[begin] > max_bytes ? insert_in_pieces(connection, rows.front()->turn)
                : by_bulk_binding        ? insert_by_bulk(connection, rows)
                                         : insert_by_text(connection, rows);
    if (!done) return done;
    inserted += *done;
  }
  if (inserted > 0 && connection.keeps_search_index()) {
    if (auto noted = note_unindexed(connection, unindexed_of(turns)); !noted) {
      return sql_failure_of(std::move(noted));
    }
  }
  return inserted;
}

}  // namespace chatsync::sql
