#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>

#include "run/plan.hpp"
#include "support/chatsync_process.hpp"
#include "support/child_process.hpp"
#include "support/mariadb_server.hpp"
#include "support/redis_server.hpp"

namespace chatsync::bench {

/// An empty database of the lab's MariaDB, which goes with the object.
class Database {
 public:
  Database(test::MariaDbServer& server, std::string name);
  ~Database();
  Database(Database&& other) noexcept;
  Database& operator=(Database&&) = delete;

  const std::string& name() const { return name_; }

 private:
  test::MariaDbServer* server_;
  std::string name_;
};

/// chatsync on a fresh Redis and an empty database. Use from one thread.
struct Stack {
  std::unique_ptr<test::RedisServer> redis;
  Database database;
  std::unique_ptr<test::ChatsyncProcess> chatsync;

  pid_t redis_process() const;
};

/// A fresh Redis and the bare loop on it.
struct BareStack {
  std::unique_ptr<test::RedisServer> redis;
  std::unique_ptr<test::TempDir> output;
  std::unique_ptr<test::ChildProcess> bare_chat;
  std::uint16_t port = 0;

  pid_t redis_process() const;
};

/// The programs and servers that rows are measured with. Use from the main thread.
class Lab {
 public:
  explicit Lab(Plan plan) : plan_(std::move(plan)) {}

  const Plan& plan() const { return plan_; }

  /// One for the whole run, started when it is first asked for; each commit is flushed.
  test::MariaDbServer& mariadb();
  Database database();
  /// With the tables of chatsync, for programs that make none.
  Database migrated_database();
  /// `environment` is added to the settings that name the servers.
  Stack stack(const test::Environment& environment);
  /// One more chatsync on the servers of the stack; the drain that each start begins with is over.
  std::unique_ptr<test::ChatsyncProcess> serve_again(const Stack& stack,
                                                     const test::Environment& environment);
  /// chatsync with its embedded cache and SQLite.
  std::unique_ptr<test::ChatsyncProcess> embedded(const test::Environment& environment) const;
  /// `mode` is one of bare_chat's.
  BareStack bare_stack(const std::string& mode) const;
  std::unique_ptr<test::ChatsyncProcess> serve(test::Environment environment) const;

  /// Runs `takes` one after the other, in each round, the other way round in every second one: what drifts in
  /// the machine strikes all of them alike. `rounds` other than 0 takes the place of the plan's.
  void interleave(const std::string& row, std::initializer_list<std::function<void()>> takes,
                  int rounds = 0) const;

 private:
  test::Environment store_settings(const Database& database);

  Plan plan_;
  std::unique_ptr<test::MariaDbServer> mariadb_;
  int databases_ = 0;
};

/// Everything durable in the background every second, and never rewritten while it is measured.
std::unique_ptr<test::RedisServer> fresh_redis();

pid_t process_of(const test::RedisServer& redis);
pid_t process_of(const test::MariaDbServer& mariadb);

/// Settings under which nothing is drained that is not asked for, and nothing is refused.
test::Environment without_drains();
/// Settings under which drains start by themselves as they do by default, and nothing is refused.
test::Environment with_drains_as_shipped();
/// Settings under which a drain follows the other.
test::Environment with_drains_all_the_time();

}  // namespace chatsync::bench
