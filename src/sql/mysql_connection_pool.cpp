#include "sql/mysql_connection_pool.hpp"

namespace chatsync::sql {

SqlResult<std::unique_ptr<MySqlConnection>> MySqlConnectionPool::take() {
  std::unique_ptr<MySqlConnection> connection;
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  // A round trip, well spent: without it a server that restarted would cost the first caller of each
  // connection an error.
  if (connection != nullptr && connection->ping()) return connection;
  return MySqlConnection::open(options_, options_.server.database);
}

void MySqlConnectionPool::give_back(std::unique_ptr<MySqlConnection> connection) {
  if (connection->lost()) return;
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(connection));
}

}  // namespace chatsync::sql
