#include "contract/store_rig.hpp"

#include <sqlite3.h>

#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "sql/migrations.hpp"
#include "sql/mysql_migrations.hpp"
#include "sql/mysql_turn_store.hpp"
#include "sql/sqlite_migrations.hpp"
#include "sql/sqlite_turn_store.hpp"
#include "support/shared_servers.hpp"
#include "support/temp_dir.hpp"

namespace chatsync::test {
namespace {

using sql::SqlStore;

constexpr auto kVersionTable =
    "CREATE TABLE schema_version (version INTEGER NOT NULL PRIMARY KEY,"
    " applied_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)";

std::unique_ptr<SqlStore> opened(Result<std::unique_ptr<SqlStore>> store) {
  if (!store) throw std::runtime_error(store.error().message);
  return std::move(*store);
}

class OpenedRig : public StoreRig {
 public:
  SqlStore& store() override { return *store_; }

  void restart() override {
    store_.reset();
    open();
  }

  void open() { store_ = another_store(); }

  /// Before the store is opened.
  void make_version_1(std::string_view schema, const std::vector<std::string>& statements) {
    for (const std::string& statement : sql::split_statements(schema)) execute(statement);
    execute(kVersionTable);
    execute("INSERT INTO schema_version (version) VALUES (1)");
    for (const std::string& statement : statements) execute(statement);
  }

 private:
  std::unique_ptr<SqlStore> store_;
};

class MySqlRig final : public OpenedRig {
 public:
  MySqlRig() : server_(shared_mariadb()), database_(server_.create_database()) {}

  std::unique_ptr<SqlStore> another_store() override {
    Settings::MySql settings;
    settings.socket = server_.socket();
    settings.user = "root";
    settings.database = database_;
    return opened(sql::open_mysql_store({.server = settings, .search_index = true}, 3));
  }

  std::vector<std::string> select(const std::string& sql) override {
    return server_.client(database_).column(sql);
  }

  void execute(const std::string& sql) override { server_.client(database_).query(sql); }

 private:
  MariaDbServer& server_;
  std::string database_;
};

class SqliteRig final : public OpenedRig {
 public:
  std::unique_ptr<SqlStore> another_store() override { return opened(sql::open_sqlite_store(file())); }

  std::vector<std::string> select(const std::string& sql) override { return run(sql, SQLITE_OPEN_READONLY); }

  void execute(const std::string& sql) override { run(sql, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE); }

 private:
  std::filesystem::path file() const { return directory_ / "chatsync.db"; }

  std::vector<std::string> run(const std::string& sql, int mode) const {
    sqlite3* raw = nullptr;
    const int status = sqlite3_open_v2(file().c_str(), &raw, mode, nullptr);
    const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> database(raw, &sqlite3_close);
    std::vector<std::string> values;
    const auto add = [](void* into, int, char** columns, char**) {
      static_cast<std::vector<std::string>*>(into)->emplace_back(columns[0] == nullptr ? "" : columns[0]);
      return 0;
    };
    if (status != SQLITE_OK || sqlite3_exec(raw, sql.c_str(), add, &values, nullptr) != SQLITE_OK) {
      throw std::runtime_error(sqlite3_errmsg(raw));
    }
    return values;
  }

  TempDir directory_;
};

std::unique_ptr<OpenedRig> make_rig(StoreKind kind) {
  if (kind == StoreKind::mysql) return std::make_unique<MySqlRig>();
  return std::make_unique<SqliteRig>();
}

}  // namespace

void PrintTo(StoreKind kind, std::ostream* out) { *out << (kind == StoreKind::mysql ? "mysql" : "sqlite"); }

std::unique_ptr<StoreRig> make_store_rig(StoreKind kind) {
  auto rig = make_rig(kind);
  rig->open();
  return rig;
}

std::unique_ptr<StoreRig> make_upgraded_store_rig(StoreKind kind,
                                                  const std::vector<std::string>& statements) {
  auto rig = make_rig(kind);
  rig->make_version_1(kind == StoreKind::mysql ? sql::mysql_migrations::v0001_schema_sql
                                               : sql::sqlite_migrations::v0001_schema_sql,
                      statements);
  rig->open();
  return rig;
}

}  // namespace chatsync::test
