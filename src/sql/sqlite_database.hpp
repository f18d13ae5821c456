#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace chatsync::sql {

struct SqliteOptions {
  bool read_only = false;
  std::chrono::milliseconds busy_timeout{5'000};
  /// Pages in the write-ahead log at which a commit also carries them into the database file.
  int checkpoint_pages = 1'000;
};

/// A prepared statement. Used by one thread at a time; must not outlive its database.
///
/// Parameters and columns count from 1 and 0, as SQLite's own do. Texts may hold any bytes, zero bytes
/// included. Binding cannot fail but for programmer errors and memory, which the next step() reports.
class SqliteStatement {
 public:
  SqliteStatement() = default;
  explicit SqliteStatement(sqlite3_stmt* handle) : handle_(handle) {}

  void bind(int parameter, std::int64_t value);
  void bind(int parameter, std::optional<std::int64_t> value);
  /// Keeps no copy: `text` must stay as it is until the statement is run or reset.
  void bind(int parameter, std::string_view text);

  /// Binds all parameters in order.
  template <class... Values>
  void bind_all(const Values&... values) {
    int parameter = 0;
    (bind(++parameter, values), ...);
  }

  /// Goes on to the next row; false at the end, where the statement is reset, as after an error.
  Result<bool> step();

  /// Runs a statement whose rows, if it has any, are of no interest.
  Result<void> run();

  /// Ends a query before its last row.
  void reset();

  std::int64_t integer(int column) const;
  std::optional<std::int64_t> optional_integer(int column) const;
  /// Valid until the next step or reset.
  std::string_view text(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

/// One connection to an SQLite file in WAL mode with `synchronous=FULL`: a transaction is on the disk when
/// its COMMIT returns. Used by one thread at a time.
///
/// Errors: a full, failing, locked or read-only disk is `unavailable`, as is a missing table; a failed fsync
/// is `outcome_unknown`; a broken constraint or a text too large is `rejected`; a damaged file is `internal`.
class SqliteDatabase {
 public:
  SqliteDatabase() = default;

  /// Creates the file unless `read_only`. Blocks.
  static Result<SqliteDatabase> open(const std::filesystem::path& file, SqliteOptions options);

  Result<SqliteStatement> prepare(std::string_view sql);

  /// Runs statements without parameters or results.
  Result<void> execute(const std::string& sql);

  /// The integer in the first row of a query; `internal` if there is none.
  Result<std::int64_t> query_integer(const std::string& sql);

  /// Rows changed by the last INSERT, UPDATE or DELETE.
  std::int64_t changes() const;

  /// Whether a transaction is open. SQLite ends one by itself when the disk is full or fails.
  bool in_transaction() const;

  /// Ends the open transaction, if there is one, without its changes.
  void rollback();

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace chatsync::sql
