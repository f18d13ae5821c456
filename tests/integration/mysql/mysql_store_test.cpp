#include "integration/mysql/mysql_store_test.hpp"

#include <stdexcept>

#include "support/shared_servers.hpp"

namespace chatsync::test {

MySqlStoreTest::MySqlStoreTest() : server_(shared_mariadb()), database_(server_.create_database()) {}

sql::MySqlOptions MySqlStoreTest::options_for(const MariaDbServer& server, const std::string& database) {
  sql::MySqlOptions options;
  options.server.socket = server.socket();
  options.server.user = "root";
  options.server.database = database;
  return options;
}

sql::MySqlOptions MySqlStoreTest::options() const { return options_for(server_, database_); }

std::unique_ptr<sql::SqlStore> MySqlStoreTest::open(const sql::MySqlOptions& options,
                                                    std::size_t connections) {
  auto store = sql::open_mysql_store(options, connections);
  if (!store) throw std::runtime_error(store.error().message);
  return std::move(*store);
}

sql::SqlStore& MySqlStoreTest::store() {
  if (!store_) store_ = open(options());
  return *store_;
}

std::vector<SqlRow> MySqlStoreTest::message_rows() const {
  return client().query(
      "SELECT session_id, ts, turn_id, seq, user_id, question, answer, status, model, created_at "
      "FROM chat_messages ORDER BY session_id, ts");
}

std::int64_t MySqlStoreTest::count(const std::string& table) const {
  return client().integer("SELECT COUNT(*) FROM " + table);
}

bool MySqlStoreTest::waiting_for_locks(std::int64_t number) const {
  auto watcher = client();
  return std::stoll(
             watcher.query("SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'").at(0).at(1).value()) ==
         number;
}

}  // namespace chatsync::test
