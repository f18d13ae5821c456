// Which memory a connection leads to, and what becomes of requests that wait while that changes. Time stands
// still here, so that nothing that waits is given up for that.
#include "integration/redis/redis_fixture.hpp"
#include "support/eventually.hpp"
#include "support/fakes/fake_clock.hpp"
#include "support/ports.hpp"

namespace chatsync::test {
namespace {

using redis::CommandEncoder;
using redis::Reply;

class LineageTest : public CoroutineTest {
 protected:
  ~LineageTest() override {
    connection_->stop();
    await(tasks_.join());
  }

  static Settings::Redis settings_of(const RedisServer& server) {
    Settings::Redis settings;
    settings.host = server.host();
    settings.port = server.port();
    return settings;
  }

  void begin_to_connect(Settings::Redis settings) {
    connection_.emplace(io().get_executor(), std::move(settings), clock_);
    tasks_.spawn("connection", connection_->run());
  }
  void connect(Settings::Redis settings) {
    begin_to_connect(std::move(settings));
    ASSERT_TRUE(runs_until([&] { return connection_->connected(); }));
  }

  /// Asks for an INCR now; its outcome is in the returned place once it is known.
  std::shared_ptr<std::optional<Result<Reply>>> begin_increment() {
    auto outcome = std::make_shared<std::optional<Result<Reply>>>();
    tasks_.spawn("increment", [](redis::RedisConnection* used, auto into) -> boost::asio::awaitable<void> {
      into->emplace(co_await used->call([](CommandEncoder& out) { out.command({"INCR", "increments"}); }));
    }(&*connection_, outcome));
    return outcome;
  }

  /// Runs the event loop, and lets the next attempt to connect come, until `done()`.
  template <class Done>
  bool runs_until(Done done) {
    return eventually([&] {
      clock_.advance(std::chrono::milliseconds(1));
      io().restart();
      io().poll();
      return done();
    });
  }

  redis::RedisConnection& connection() { return *connection_; }

 private:
  FakeClock clock_;
  TaskGroup tasks_{io().get_executor()};
  std::optional<redis::RedisConnection> connection_;
};

TEST_F(LineageTest, ARestartedServerIsAnotherMemoryAndWhatWaitedIsNotSent) {
  RedisServer server({.appendfsync = "always"});
  connect(settings_of(server));
  const std::uint64_t before = connection().lineage();
  EXPECT_NE(before, 0U);
  server.kill9();
  ASSERT_TRUE(runs_until([&] { return !connection().connected(); }));
  const auto one = begin_increment();
  const auto other = begin_increment();
  io().restart();
  io().poll();
  EXPECT_FALSE(one->has_value());
  server.start();
  ASSERT_TRUE(runs_until([&] { return connection().connected(); }));
  ASSERT_TRUE(runs_until([&] { return one->has_value() && other->has_value(); }));
  for (const auto& outcome : {one, other}) {
    ASSERT_FALSE((*outcome)->has_value());
    EXPECT_EQ((*outcome)->error().kind, ErrorKind::unavailable);
    EXPECT_EQ((*outcome)->error().code, "cache_restarted");
  }
  EXPECT_NE(connection().lineage(), before);
  EXPECT_EQ(server.client().get("increments"), std::nullopt);
  const auto next = begin_increment();
  ASSERT_TRUE(runs_until([&] { return next->has_value(); }));
  EXPECT_TRUE((*next)->has_value());
}

TEST_F(LineageTest, ALostConnectionToTheSameMemoryIsBridged) {
  RedisServer server;
  connect(settings_of(server));
  const std::uint64_t before = connection().lineage();
  server.client().command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  ASSERT_TRUE(runs_until([&] { return !connection().connected(); }));
  const auto waiting = begin_increment();
  ASSERT_TRUE(runs_until([&] { return waiting->has_value(); }));
  EXPECT_TRUE((*waiting)->has_value());
  EXPECT_EQ(connection().lineage(), before);
}

TEST_F(LineageTest, AServerThatCarriesOnAnotherHistoryOfWritesIsAnotherMemory) {
  RedisServer server;
  connect(settings_of(server));
  const std::uint64_t before = connection().lineage();
  // As a Sentinel does it: demoted, promoted again, and its clients sent away.
  server.client().command({"REPLICAOF", "127.0.0.1", std::to_string(free_port())});
  server.client().command({"REPLICAOF", "NO", "ONE"});
  server.client().command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  ASSERT_TRUE(runs_until([&] { return !connection().connected(); }));
  const auto waiting = begin_increment();
  ASSERT_TRUE(runs_until([&] { return waiting->has_value(); }));
  ASSERT_FALSE((*waiting)->has_value());
  EXPECT_EQ((*waiting)->error().code, "cache_restarted");
  EXPECT_NE(connection().lineage(), before);
}

TEST_F(LineageTest, WhatWaitsForTheFirstConnectionIsSent) {
  RedisServer server;
  server.stop();
  begin_to_connect(settings_of(server));
  const auto waiting = begin_increment();
  io().restart();
  io().poll();
  EXPECT_EQ(connection().lineage(), 0U);
  server.start();
  ASSERT_TRUE(runs_until([&] { return waiting->has_value(); }));
  EXPECT_TRUE((*waiting)->has_value());
  EXPECT_NE(connection().lineage(), 0U);
}

TEST_F(LineageTest, EveryConnectionToAServerGivesItTheSameName) {
  RedisServer server;
  connect(settings_of(server));
  RedisUser user(io(), settings_of(server));
  ok(user.cache.find("abc"));
  EXPECT_EQ(user.cache.lineage(), connection().lineage());
}

TEST_F(LineageTest, AServerThatTellsNothingOfItselfHasALineageToo) {
  RedisServer server;
  server.client().command({"ACL", "SETUSER", "bot", "on", ">pw", "~*", "+@all", "-info"});
  Settings::Redis settings = settings_of(server);
  settings.username = "bot";
  settings.password = "pw";
  connect(settings);
  EXPECT_NE(connection().lineage(), 0U);
}

}  // namespace
}  // namespace chatsync::test
