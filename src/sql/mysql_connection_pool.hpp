#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "sql/mysql_connection.hpp"

namespace chatsync::sql {

/// Connections that are opened when somebody needs one and kept for the next. As many exist as were ever used
/// at the same time: the threads that use the pool are its bound. Thread-safe.
class MySqlConnectionPool {
 public:
  explicit MySqlConnectionPool(MySqlOptions options) : options_(std::move(options)) {}

  /// A connection that answered just now, or a fresh one. Waits for the server, at most twice its time-out.
  SqlResult<std::unique_ptr<MySqlConnection>> take();

  /// Keeps the connection for the next taker, unless it is lost.
  void give_back(std::unique_ptr<MySqlConnection> connection);

 private:
  const MySqlOptions options_;

  std::mutex mutex_;
  std::vector<std::unique_ptr<MySqlConnection>> idle_;  // by mutex_
};

}  // namespace chatsync::sql
