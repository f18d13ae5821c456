#include "contract/store_rig.hpp"

#include <sqlite3.h>

#include <filesystem>
#include <stdexcept>
#include <utility>

#include "sql/mysql_turn_store.hpp"
#include "sql/sqlite_turn_store.hpp"
#include "support/shared_servers.hpp"
#include "support/temp_dir.hpp"

namespace chatsync::test {
namespace {

std::unique_ptr<TurnStore> opened(Result<std::unique_ptr<TurnStore>> store) {
  if (!store) throw std::runtime_error(store.error().message);
  return std::move(*store);
}

class MySqlRig final : public StoreRig {
 public:
  MySqlRig() : server_(shared_mariadb()), database_(server_.create_database()) { open(); }

  TurnStore& store() override { return *store_; }

  void restart() override {
    store_.reset();
    open();
  }

  std::vector<std::string> select(const std::string& sql) override {
    return server_.client(database_).column(sql);
  }

 private:
  void open() {
    Settings::MySql settings;
    settings.socket = server_.socket();
    settings.user = "root";
    settings.database = database_;
    store_ = opened(sql::open_mysql_store({.server = settings}, 3));
  }

  MariaDbServer& server_;
  std::string database_;
  std::unique_ptr<TurnStore> store_;
};

class SqliteRig final : public StoreRig {
 public:
  SqliteRig() { open(); }

  TurnStore& store() override { return *store_; }

  void restart() override {
    store_.reset();
    open();
  }

  std::vector<std::string> select(const std::string& sql) override {
    sqlite3* raw = nullptr;
    const int status = sqlite3_open_v2(file().c_str(), &raw, SQLITE_OPEN_READONLY, nullptr);
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

 private:
  std::filesystem::path file() const { return directory_ / "chatsync.db"; }
  void open() { store_ = opened(sql::open_sqlite_store(file())); }

  TempDir directory_;
  std::unique_ptr<TurnStore> store_;
};

}  // namespace

void PrintTo(StoreKind kind, std::ostream* out) { *out << (kind == StoreKind::mysql ? "mysql" : "sqlite"); }

std::unique_ptr<StoreRig> make_store_rig(StoreKind kind) {
  if (kind == StoreKind::mysql) return std::make_unique<MySqlRig>();
  return std::make_unique<SqliteRig>();
}

}  // namespace chatsync::test
