// RedisConnection against a server that goes away, freezes, forgets and refuses.
#include <fmt/format.h>

#include "integration/redis/redis_fixture.hpp"
#include "redis/check_redis.hpp"
#include "support/eventually.hpp"
#include "support/ports.hpp"

namespace chatsync::test {
namespace {

using namespace std::chrono_literals;
using redis::CommandEncoder;
using redis::Replies;
using redis::Reply;

auto ping() {
  return [](CommandEncoder& out) { out.command({"PING"}); };
}

Settings::Redis tcp_settings(const RedisServer& server) {
  Settings::Redis settings;
  settings.host = server.host();
  settings.port = server.port();
  return settings;
}

/// A test with a server of its own, which it may stop.
class ConnectionTest : public CoroutineTest {
 protected:
  Result<Reply> try_ping(RedisUser& user) { return await(user.connection.call(ping())); }

  /// Whether the server answers before long.
  bool comes_back(RedisUser& user) {
    return eventually([&] { return try_ping(user).has_value(); });
  }
};

TEST_F(ConnectionTest, AnswersThroughTcp) {
  RedisServer server;
  RedisUser user(io(), tcp_settings(server));
  EXPECT_EQ(ok(user.connection.call(ping())).view().text(), "PONG");
}

TEST_F(ConnectionTest, UsesTheDatabaseOfTheSettings) {
  RedisServer server;
  Settings::Redis settings = tcp_settings(server);
  settings.database = 3;
  RedisUser user(io(), settings);
  ok(record_turn(user.cache, turn_of("abc", 1), SessionPresence::known_new));
  RespClient client = server.client();
  EXPECT_TRUE(client.keys().empty());
  client.command({"SELECT", "3"});
  EXPECT_EQ(client.get("session:abc:count"), "1");
}

TEST_F(ConnectionTest, AuthenticatesWithAPassword) {
  RedisServer server({.password = "it's a \"secret\""});
  Settings::Redis settings = tcp_settings(server);
  settings.password = "it's a \"secret\"";
  RedisUser user(io(), settings);
  EXPECT_TRUE(try_ping(user).has_value());
}

TEST_F(ConnectionTest, AuthenticatesAsAUser) {
  RedisServer server;
  server.client().command({"ACL", "SETUSER", "bot", "on", ">pw", "~*", "+@all"});
  Settings::Redis settings = tcp_settings(server);
  settings.username = "bot";
  settings.password = "pw";
  RedisUser user(io(), settings);
  const Reply name = ok(user.connection.call([](CommandEncoder& out) { out.command({"ACL", "WHOAMI"}); }));
  EXPECT_EQ(name.view().text(), "bot");
}

TEST_F(ConnectionTest, AUserWhoMayHaveNoTransactionsIsRefused) {
  RedisServer server;
  server.client().command({"ACL", "SETUSER", "bot", "on", ">pw", "~*", "+@all", "-multi"});
  Settings::Redis settings = tcp_settings(server);
  settings.username = "bot";
  settings.password = "pw";
  RedisUser user(io(), settings);
  const auto pong = try_ping(user);
  ASSERT_FALSE(pong.has_value());
  EXPECT_NE(pong.error().message.find("'multi'"), std::string::npos) << pong.error().message;
}

TEST_F(ConnectionTest, AWrongPasswordIsAnErrorThatNamesTheSetting) {
  RedisServer server({.password = "right"});
  Settings::Redis settings = tcp_settings(server);
  settings.password = "wrong";
  RedisUser user(io(), settings);
  const auto pong = try_ping(user);
  ASSERT_FALSE(pong.has_value());
  EXPECT_EQ(pong.error().kind, ErrorKind::unavailable);
  EXPECT_NE(pong.error().message.find("REDIS_PASSWORD"), std::string::npos) << pong.error().message;
}

TEST_F(ConnectionTest, AnUnreachableServerIsNamedWithTheCauseAndNothingHangs) {
  Settings::Redis settings;
  settings.host = "127.0.0.1";
  settings.port = free_port();
  RedisUser user(io(), settings);
  const auto began = std::chrono::steady_clock::now();
  const auto pong = try_ping(user);
  ASSERT_FALSE(pong.has_value());
  EXPECT_EQ(pong.error().kind, ErrorKind::unavailable);
  EXPECT_NE(pong.error().message.find(fmt::format("127.0.0.1:{}", settings.port)), std::string::npos);
  EXPECT_NE(pong.error().message.find("refused"), std::string::npos) << pong.error().message;
  EXPECT_LT(std::chrono::steady_clock::now() - began, 10s);
}

TEST_F(ConnectionTest, ComesBackAfterAKillAndARestart) {
  RedisServer server({.appendfsync = "always"});
  RedisUser user(io(), tcp_settings(server));
  ok(record_turn(user.cache, turn_of("abc", 1), SessionPresence::known_new));
  server.kill9();
  ASSERT_TRUE(eventually([&] { return !try_ping(user).has_value(); }));
  server.start();
  ASSERT_TRUE(comes_back(user));
  EXPECT_EQ(ok(record_turn(user.cache, turn_of("abc", 2), SessionPresence::unknown)).question_count, 2);
}

TEST_F(ConnectionTest, BridgesALossThatIsShorterThanTheWait) {
  RedisServer server;
  RedisUser user(io(), tcp_settings(server));
  ASSERT_TRUE(try_ping(user).has_value());
  for (int blip = 0; blip < 3; ++blip) {
    server.client().command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
    // Either the loss was noticed and the request waits, or it went into the dead connection.
    const auto pong = try_ping(user);
    if (!pong) EXPECT_EQ(pong.error().kind, ErrorKind::outcome_unknown);
    EXPECT_TRUE(try_ping(user).has_value());
  }
}

TEST_F(ConnectionTest, AFrozenServerFailsWhatWasSentAsUnknownAndServesAgainOnceItThaws) {
  RedisServer server;
  Settings::Redis settings = tcp_settings(server);
  settings.timeout = 200ms;
  RedisUser user(io(), settings);
  ASSERT_TRUE(try_ping(user).has_value());
  server.freeze();
  std::vector<AsyncResult<Reply>> pings;
  for (int i = 0; i < 10; ++i) pings.push_back(user.connection.call(ping()));
  for (const auto& pong : all(std::move(pings))) {
    ASSERT_FALSE(pong.has_value());
    EXPECT_EQ(pong.error().kind, ErrorKind::outcome_unknown);
    EXPECT_NE(pong.error().message.find("no reply within 200 ms"), std::string::npos) << pong.error().message;
  }
  // While it is frozen nothing can be sent: nothing took effect.
  const auto next = try_ping(user);
  ASSERT_FALSE(next.has_value());
  EXPECT_EQ(next.error().kind, ErrorKind::unavailable);
  server.thaw();
  EXPECT_TRUE(comes_back(user));
}

TEST_F(ConnectionTest, StopFailsWhatWaitsAndEndsRun) {
  RedisServer server;
  SystemClock clock;
  redis::RedisConnection connection(io().get_executor(), tcp_settings(server), clock);
  TaskGroup tasks(io().get_executor());
  tasks.spawn("connection", connection.run());
  ASSERT_TRUE(await(connection.call(ping())).has_value());
  server.freeze();
  std::optional<Result<Reply>> pong;
  tasks.spawn(
      "ping",
      [](redis::RedisConnection* used, std::optional<Result<Reply>>* out) -> boost::asio::awaitable<void> {
        out->emplace(co_await used->call(ping()));
      }(&connection, &pong));
  io().restart();
  while (io().poll_one() > 0) {
  }
  connection.stop();
  await(tasks.join());
  ASSERT_TRUE(pong.has_value());
  EXPECT_EQ(pong->error().kind, ErrorKind::outcome_unknown);
  const auto late = await(connection.call(ping()));
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().kind, ErrorKind::unavailable);
}

TEST_F(ConnectionTest, LoadsItsScriptsAgainWhenRedisForgetsThem) {
  RedisServer server;
  RedisUser user(io(), tcp_settings(server));
  ok(record_turn(user.cache, turn_of("abc", 1), SessionPresence::known_new));
  server.client().command({"SCRIPT", "FLUSH"});
  EXPECT_EQ(ok(record_turn(user.cache, turn_of("abc", 2), SessionPresence::unknown)).question_count, 2);
  const auto pass = user.pending.begin_pass(PassKind::indexed);
  auto batch = std::make_shared<const TurnBatch>(ok(pass->next(10)));
  server.client().command({"SCRIPT", "FLUSH"});
  EXPECT_EQ(ok(user.pending.acknowledge(batch)), 2U);
}

TEST_F(ConnectionTest, RefusesAReplica) {
  RedisServer master;
  RedisServer replica({.extra = {"--replicaof", "127.0.0.1", std::to_string(master.port())}});
  RedisUser user(io(), tcp_settings(replica));
  const auto pong = try_ping(user);
  ASSERT_FALSE(pong.has_value());
  EXPECT_EQ(pong.error().kind, ErrorKind::unavailable);
  EXPECT_NE(pong.error().message.find("replica"), std::string::npos) << pong.error().message;
}

TEST_F(ConnectionTest, AMasterThatIsDemotedIsLeftAndItsSuccessorFoundUnderTheSameName) {
  RedisServer server;
  RedisUser user(io(), tcp_settings(server));
  ok(record_turn(user.cache, turn_of("abc", 1), SessionPresence::known_new));
  server.client().command({"REPLICAOF", "127.0.0.1", std::to_string(free_port())});
  const auto refused = await(record_turn(user.cache, turn_of("abc", 2), SessionPresence::unknown));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, ErrorKind::unavailable);
  ASSERT_TRUE(eventually([&] { return !try_ping(user).has_value(); }));
  server.client().command({"REPLICAOF", "NO", "ONE"});
  ASSERT_TRUE(comes_back(user));
  EXPECT_EQ(ok(record_turn(user.cache, turn_of("abc", 2), SessionPresence::unknown)).question_count, 2);
}

TEST_F(ConnectionTest, AnswersEachOfManyRequestsWithItsOwnReply) {
  RedisServer server;
  RedisUser user(io(), tcp_settings(server));
  std::vector<AsyncResult<Reply>> echoes;
  for (int i = 0; i < 5'000; ++i) {
    echoes.push_back(user.connection.call(
        [text = std::string(static_cast<std::size_t>(i % 3'000), 'x') +
                std::to_string(i)](CommandEncoder& out) { out.command({"ECHO", text}); }));
  }
  const auto replies = all(std::move(echoes));
  for (int i = 0; i < 5'000; ++i) {
    ASSERT_TRUE(replies[static_cast<std::size_t>(i)].has_value());
    EXPECT_TRUE(replies[static_cast<std::size_t>(i)]->view().text_or("").ends_with(std::to_string(i)));
  }
}

TEST_F(ConnectionTest, TheCheckPassesAGoodServerAndNamesWhatMendsABadOne) {
  RedisServer good;
  RedisUser user(io(), tcp_settings(good));
  EXPECT_TRUE(await(redis::check_redis(user.connection)).has_value());

  RedisServer evicting({.maxmemory = "100mb", .maxmemory_policy = "allkeys-lru"});
  RedisUser evicted(io(), tcp_settings(evicting));
  const auto refused = await(redis::check_redis(evicted.connection));
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().message.find("config set maxmemory-policy noeviction"), std::string::npos);
}

TEST_F(ConnectionTest, TellsWhatAnAcceptedTurnSurvives) {
  RedisServer everysec({.appendfsync = "everysec"});
  RedisUser user(io(), tcp_settings(everysec));
  EXPECT_EQ(ok(user.cache.health()).durability,
            "AOF everysec: up to 1 s of turns may be lost if the machine fails");
  everysec.kill9();
  EXPECT_TRUE(eventually([&] { return !await(user.cache.health()).has_value(); }));
}

}  // namespace
}  // namespace chatsync::test
