// Bulk binding is the fastest way to many rows on one connection that still reports every row the server does
// not take: the server spends about half as much on an array as on the text of the same rows, which it has to
// parse.
#include "bulk_insert.hpp"

#include <fmt/format.h>
#include <mysql.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <stdexcept>
#include <vector>

namespace yardstick {
namespace {

constexpr std::string_view kInsert =
    "INSERT INTO chat_messages (ts, seq, session_id, turn_id, user_id, question, answer, status, model) "
    "VALUES ";
constexpr std::string_view kKeepStored = " ON DUPLICATE KEY UPDATE turn_id = turn_id";

constexpr std::array kTexts{&Row::session, &Row::turn_id, &Row::user_id, &Row::question,
                            &Row::answer,  &Row::status,  &Row::model};
constexpr std::size_t kFirstText = 2;

struct TextColumn {
  std::vector<const char*> data;
  std::vector<unsigned long> sizes;
};

}  // namespace

void BulkInsert::Closer::operator()(st_mysql* connection) const { mysql_close(connection); }
void BulkInsert::Closer::operator()(st_mysql_stmt* statement) const { mysql_stmt_close(statement); }

Form form_of(std::string_view name) { return name == "text" ? Form::text : Form::bulk; }

BulkInsert::BulkInsert(const std::string& socket, const std::string& database, Form form)
    : connection_(mysql_init(nullptr)), form_(form) {
  mysql_options(connection_.get(), MYSQL_SET_CHARSET_NAME, "utf8mb4");
  if (mysql_real_connect(connection_.get(), nullptr, "root", nullptr, database.c_str(), 0, socket.c_str(),
                         0) == nullptr) {
    throw std::runtime_error(mysql_error(connection_.get()));
  }
  // As chatsync has them; each statement is a transaction.
  run("SET NAMES utf8mb4 COLLATE utf8mb4_bin");
  run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
  run("SET SESSION sql_mode = 'STRICT_ALL_TABLES', time_zone = '+00:00', autocommit = 1");
  if (form_ == Form::text) return;
  prepared_ = prepare(fmt::format("{}(?, ?, ?, ?, ?, ?, ?, ?, ?){}", kInsert, kKeepStored));
}

BulkInsert::Statement BulkInsert::prepare(const std::string& statement) {
  Statement prepared(mysql_stmt_init(connection_.get()));
  if (mysql_stmt_prepare(prepared.get(), statement.data(), statement.size()) != 0) {
    throw std::runtime_error(mysql_stmt_error(prepared.get()));
  }
  return prepared;
}

void BulkInsert::execute(st_mysql_stmt* statement, st_mysql_bind* binds, std::size_t rows) {
  const auto count = static_cast<unsigned>(rows);
  if (mysql_stmt_attr_set(statement, STMT_ATTR_ARRAY_SIZE, &count) != 0 ||
      mysql_stmt_bind_param(statement, binds) != 0 || mysql_stmt_execute(statement) != 0) {
    throw std::runtime_error(mysql_stmt_error(statement));
  }
}

void BulkInsert::run(const std::string& statement) {
  if (mysql_real_query(connection_.get(), statement.data(), statement.size()) != 0) {
    throw std::runtime_error(mysql_error(connection_.get()));
  }
  mysql_free_result(mysql_store_result(connection_.get()));
}

void BulkInsert::insert(std::span<const Row> rows) {
  if (form_ == Form::bulk) {
    insert_array(rows);
  } else {
    insert_text(rows);
  }
}

void BulkInsert::append_literal(std::string_view text) {
  // The driver's escaping goes through the character set for every byte.
  const auto needs_escape = [](char byte) { return byte == '\'' || byte == '\\' || byte == '\0'; };
  if (std::ranges::none_of(text, needs_escape)) {
    statement_ += text;
    return;
  }
  const std::size_t old = statement_.size();
  statement_.resize(old + 2 * text.size() + 1);
  statement_.resize(
      old + mysql_real_escape_string(connection_.get(), statement_.data() + old, text.data(), text.size()));
}

void BulkInsert::insert_text(std::span<const Row> rows) {
  statement_ = kInsert;
  for (const Row& row : rows) {
    if (&row != rows.data()) statement_ += ',';
    fmt::format_to(std::back_inserter(statement_), "({},{}", row.timestamp_us, row.seq);
    for (const auto column : kTexts) {
      statement_ += ",'";
      append_literal(row.*column);
      statement_ += '\'';
    }
    statement_ += ')';
  }
  statement_ += kKeepStored;
  run(statement_);
}

void BulkInsert::insert_array(std::span<const Row> rows) {
  std::vector<std::int64_t> timestamps;
  std::vector<std::int64_t> seqs;
  std::array<TextColumn, kTexts.size()> texts;
  for (const Row& row : rows) {
    timestamps.push_back(row.timestamp_us);
    seqs.push_back(row.seq);
    for (std::size_t column = 0; column < kTexts.size(); ++column) {
      const std::string_view text = row.*kTexts[column];
      texts[column].data.push_back(text.data());
      texts[column].sizes.push_back(text.size());
    }
  }
  std::array<MYSQL_BIND, kFirstText + kTexts.size()> binds{};
  binds[0].buffer_type = binds[1].buffer_type = MYSQL_TYPE_LONGLONG;
  binds[0].buffer = timestamps.data();
  binds[1].buffer = seqs.data();
  for (std::size_t column = 0; column < kTexts.size(); ++column) {
    MYSQL_BIND& bind = binds[kFirstText + column];
    bind.buffer_type = MYSQL_TYPE_STRING;
    bind.buffer = static_cast<void*>(texts[column].data.data());
    bind.length = texts[column].sizes.data();
  }
  execute(prepared_.get(), binds.data(), rows.size());
}

}  // namespace yardstick
