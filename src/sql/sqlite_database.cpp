#include "sql/sqlite_database.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/log.hpp"

namespace chatsync::sql {
namespace {

ErrorKind kind_of(int code) {
  if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC) return ErrorKind::outcome_unknown;
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH:
      return ErrorKind::rejected;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_INTERNAL:
      return ErrorKind::internal;
    default:
      return ErrorKind::unavailable;
  }
}

std::string_view advice(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return ": free space on its disk";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      return ": check that this user may write the file and its folder";
    case SQLITE_BUSY:
      return ": another process has it locked";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ": restore it from a backup, or move it away";
    default:
      return "";
  }
}

std::unexpected<Error> failure(sqlite3* database) {
  const int code = sqlite3_extended_errcode(database);
  const char* file = sqlite3_db_filename(database, "main");
  return fail(kind_of(code),
              fmt::format("SQLite file {}: {} (code {}){}", file == nullptr ? "" : file,
                          sqlite3_errmsg(database), code, advice(code)),
              fmt::format("sqlite_{}", code));
}

}  // namespace

void SqliteStatement::Finalize::operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }

void SqliteStatement::bind(int parameter, std::int64_t value) {
  sqlite3_bind_int64(handle_.get(), parameter, value);
}

void SqliteStatement::bind(int parameter, std::optional<std::int64_t> value) {
  if (value) {
    bind(parameter, *value);
  } else {
    sqlite3_bind_null(handle_.get(), parameter);
  }
}

void SqliteStatement::bind(int parameter, std::string_view text) {
  // A null pointer would bind NULL instead of the empty text.
  const char* data = text.data() == nullptr ? "" : text.data();
  sqlite3_bind_text64(handle_.get(), parameter, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

Result<bool> SqliteStatement::step() {
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    reset();
    return false;
  }
  auto error = failure(sqlite3_db_handle(handle_.get()));
  reset();
  return error;
}

Result<void> SqliteStatement::run() {
  Result<bool> row = step();
  while (row && *row) row = step();
  if (!row) return failure_of(std::move(row));
  return {};
}

void SqliteStatement::reset() { sqlite3_reset(handle_.get()); }

std::int64_t SqliteStatement::integer(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

std::optional<std::int64_t> SqliteStatement::optional_integer(int column) const {
  if (sqlite3_column_type(handle_.get(), column) == SQLITE_NULL) return std::nullopt;
  return integer(column);
}

std::string_view SqliteStatement::text(int column) const {
  const auto* data = sqlite3_column_text(handle_.get(), column);
  const int length = sqlite3_column_bytes(handle_.get(), column);
  if (data == nullptr) return {};
  return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(length)};
}

void SqliteDatabase::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

Result<SqliteDatabase> SqliteDatabase::open(const std::filesystem::path& file, SqliteOptions options) {
  const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                    (options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &handle, flags, nullptr);
  SqliteDatabase database;
  database.handle_.reset(handle);
  if (code != SQLITE_OK) {
    return fail(kind_of(code), fmt::format("SQLite file {} cannot be opened: {} (code {}){}", file.string(),
                                           sqlite3_errstr(code), code, advice(code)));
  }
  sqlite3_busy_timeout(handle, static_cast<int>(options.busy_timeout.count()));
  if (options.read_only) {
    if (Result<void> ready = database.execute("PRAGMA query_only=ON"); !ready)
      return failure_of(std::move(ready));
    return database;
  }
  Result<SqliteStatement> to_wal = database.prepare("PRAGMA journal_mode=WAL");
  if (!to_wal) return failure_of(std::move(to_wal));
  const Result<bool> mode = to_wal->step();
  if (!mode) return std::unexpected(mode.error());
  if (to_wal->text(0) != "wal") {
    return fail(ErrorKind::unavailable,
                fmt::format("SQLite file {} cannot have a write-ahead log: put it on a "
                            "local file system",
                            file.string()));
  }
  to_wal->reset();
  Result<void> ready = database.execute(
      fmt::format("PRAGMA synchronous=FULL; PRAGMA secure_delete=FAST; PRAGMA wal_autocheckpoint={}",
                  options.checkpoint_pages));
  if (!ready) return failure_of(std::move(ready));
  return database;
}

Result<SqliteStatement> SqliteDatabase::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return failure(handle_.get());
  return SqliteStatement(statement);
}

Result<void> SqliteDatabase::execute(const std::string& sql) {
  if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return failure(handle_.get());
  }
  return {};
}

Result<std::int64_t> SqliteDatabase::query_integer(const std::string& sql) {
  Result<SqliteStatement> query = prepare(sql);
  if (!query) return failure_of(std::move(query));
  const Result<bool> row = query->step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return fail(ErrorKind::internal, "no row in the result of: " + sql);
  return query->integer(0);
}

std::int64_t SqliteDatabase::changes() const { return sqlite3_changes64(handle_.get()); }

bool SqliteDatabase::in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }

void SqliteDatabase::rollback() {
  if (!in_transaction()) return;
  const Result<void> rolled_back = execute("ROLLBACK");
  if (!rolled_back) log_error("cannot roll back: {}", rolled_back.error().message);
}

}  // namespace chatsync::sql
