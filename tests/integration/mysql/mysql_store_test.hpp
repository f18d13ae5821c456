#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "contract/coroutine_test.hpp"
#include "contract/turns.hpp"
#include "sql/mysql_turn_store.hpp"
#include "support/mariadb_server.hpp"

namespace chatsync::test {

/// A task that runs while the test does something else.
template <class T>
struct Underway {
  std::optional<Result<T>> result;
};

/// Stores over databases of the test's own, on the shared server or another.
class MySqlStoreTest : public CoroutineTest {
 protected:
  MySqlStoreTest();

  /// The shared server, over its Unix socket, and this test's database.
  sql::MySqlOptions options() const;
  static sql::MySqlOptions options_for(const MariaDbServer& server, const std::string& database);
  static std::unique_ptr<sql::SqlStore> open(const sql::MySqlOptions& options, std::size_t connections = 2);

  /// Opened when first asked for, with options().
  sql::SqlStore& store();

  MariaDbServer& server() const { return server_; }
  MySqlClient client() const { return server_.client(database_); }
  const std::string& database() const { return database_; }
  /// All columns of chat_messages but synced_at, in the order of the primary key.
  std::vector<SqlRow> message_rows() const;
  std::int64_t count(const std::string& table) const;

  /// Starts a task; it makes progress whenever the test awaits something or in run_until().
  template <class T>
  std::shared_ptr<Underway<T>> start(AsyncResult<T> task) {
    auto underway = std::make_shared<Underway<T>>();
    boost::asio::co_spawn(io(), std::move(task), [underway](std::exception_ptr thrown, Result<T> result) {
      if (thrown) std::rethrow_exception(thrown);
      underway->result = std::move(result);
    });
    return underway;
  }

  /// Waits until `condition` holds while tasks go on. Returns whether it did in time.
  template <class Condition>
  bool run_until(Condition condition) {
    return eventually([&] {
      io().restart();
      io().run_for(std::chrono::milliseconds(2));
      return condition();
    });
  }

  template <class T>
  Result<T> finish(const std::shared_ptr<Underway<T>>& underway) {
    if (!run_until([&] { return underway->result.has_value(); })) throw std::runtime_error("still under way");
    return *underway->result;
  }

  /// True once exactly `number` transactions of the server wait for a row lock.
  bool waiting_for_locks(std::int64_t number) const;

 private:
  MariaDbServer& server_;
  std::string database_;
  std::unique_ptr<sql::SqlStore> store_;
};

}  // namespace chatsync::test
