#pragma once

#include <mysql.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/mysql_errors.hpp"
#include "sql/mysql_turn_store.hpp"

namespace chatsync::sql {

/// The rows of a query; a NULL is an empty optional.
using SqlRow = std::vector<std::optional<std::string>>;
using SqlRows = std::vector<SqlRow>;

/// One connection to the server, in a session of our own settings: strict mode, UTC, utf8mb4, READ COMMITTED,
/// no reconnect. Blocks, each call for at most the time-out of its options. Used by one thread at a time.
class MySqlConnection {
 public:
  /// `database` may be empty: then none is chosen.
  static SqlResult<std::unique_ptr<MySqlConnection>> open(const MySqlOptions& options,
                                                          const std::string& database);

  MySqlConnection(const MySqlConnection&) = delete;
  MySqlConnection& operator=(const MySqlConnection&) = delete;

  /// Runs one statement without a result; returns the number of affected rows.
  SqlResult<std::uint64_t> execute(std::string_view statement);
  SqlResult<SqlRows> query(std::string_view statement);
  /// Marks a lost connection as `at_commit`.
  SqlResult<void> commit();
  /// Ends whatever transaction is open. A connection that fails to is lost, and the transaction with it.
  void rollback();
  bool ping();

  /// Appends `text` as a string literal.
  void append_literal(std::string& statement, std::string_view text);
  std::string literal(std::string_view text);

  /// The statement's text prepared, kept for the connection's life; forgotten by forget_statements().
  SqlResult<MYSQL_STMT*> prepare(const std::string& statement);
  void forget_statements() { prepared_.clear(); }

  /// Once a call failed with a lost connection, it is no longer good for anything.
  bool lost() const { return lost_; }
  /// The largest text or value that the server takes, and what the rows of one statement may fill of a
  /// packet.
  std::size_t max_packet_bytes() const { return max_packet_bytes_; }
  std::size_t max_statement_bytes() const;
  bool has_bulk_binding() const { return has_bulk_binding_; }
  /// Whether turns that are stored are to be put into the search index.
  bool keeps_search_index() const { return keeps_search_index_; }

  /// Remembers whether the connection is lost, and gives the error back.
  SqlError note(SqlError error);

 private:
  struct CloseHandle {
    void operator()(MYSQL* handle) const { mysql_close(handle); }
  };
  struct CloseStatement {
    void operator()(MYSQL_STMT* statement) const { mysql_stmt_close(statement); }
  };
  struct Prepared {
    std::string text;
    std::unique_ptr<MYSQL_STMT, CloseStatement> statement;
  };

  explicit MySqlConnection(MYSQL* handle) : handle_(handle) {}
  SqlResult<void> start_session(const MySqlOptions& options);
  SqlError last_error();

  std::unique_ptr<MYSQL, CloseHandle> handle_;
  std::vector<Prepared> prepared_;
  std::size_t max_packet_bytes_ = 0;
  bool has_bulk_binding_ = false;
  bool keeps_search_index_ = false;
  bool lost_ = false;
};

/// A text of `row`, empty for NULL.
std::string text_at(SqlRow& row, std::size_t column);
/// An integer of `row`, 0 for NULL.
std::int64_t integer_at(const SqlRow& row, std::size_t column);

}  // namespace chatsync::sql
