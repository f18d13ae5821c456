#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct st_mysql;
struct st_mysql_stmt;
struct st_mysql_bind;

namespace yardstick {

/// A row of chat_messages. Points to texts that somebody else keeps.
struct Row {
  std::string_view session;
  std::int64_t timestamp_us = 0;
  std::int64_t seq = 0;
  std::string_view turn_id;
  std::string_view user_id;
  std::string_view question;
  std::string_view answer;
  std::string_view status;
  std::string_view model;
};

/// What a batch travels as: an array of rows for a prepared statement (MariaDB's bulk binding), or the text
/// of a multi-row INSERT, which every server knows.
enum class Form : std::uint8_t { bulk, text };

/// `bulk` or `text`.
Form form_of(std::string_view name);

/// One connection to MariaDB that fills chatsync's table. For one thread at a time. Every failure is a
/// std::runtime_error.
class BulkInsert {
 public:
  BulkInsert(const std::string& socket, const std::string& database, Form form);

  /// Inserts the rows, which should be in the order of (session, time stamp), in one transaction of their
  /// own, and returns when it is committed. There must be at least one.
  void insert(std::span<const Row> rows);

 protected:
  struct Closer {
    void operator()(st_mysql* connection) const;
    void operator()(st_mysql_stmt* statement) const;
  };
  using Statement = std::unique_ptr<st_mysql_stmt, Closer>;

  /// Runs any statement and forgets what it returns.
  void run(const std::string& statement);
  Statement prepare(const std::string& statement);
  /// Binds an array of `rows` elements for each parameter, and executes.
  static void execute(st_mysql_stmt* statement, st_mysql_bind* binds, std::size_t rows);

 private:
  void insert_array(std::span<const Row> rows);
  void insert_text(std::span<const Row> rows);
  void append_literal(std::string_view text);

  std::unique_ptr<st_mysql, Closer> connection_;
  Statement prepared_;
  Form form_;
  std::string statement_;
};

}  // namespace yardstick
