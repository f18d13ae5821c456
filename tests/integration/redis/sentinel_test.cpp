// RedisConnection finds its master through Sentinels.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "integration/redis/redis_fixture.hpp"
#include "support/eventually.hpp"
#include "support/ports.hpp"
#include "support/sentinel_set.hpp"

namespace chatsync::test {
namespace {

using redis::CommandEncoder;
using redis::Reply;
using testing::HasSubstr;

class SentinelTest : public CoroutineTest {
 protected:
  static Settings::Redis through(const std::string& sentinels) {
    Settings::Redis settings;
    settings.sentinels = sentinels;
    return settings;
  }
  static std::string dead_address() { return fmt::format("127.0.0.1:{}", free_port()); }

  Result<Reply> try_set(RedisUser& user) {
    return await(user.connection.call([](CommandEncoder& out) { out.command({"SET", "key", "value"}); }));
  }
  std::string refusal(RedisUser& user) {
    const Result<Reply> reply = try_set(user);
    return reply ? "accepted" : reply.error().message;
  }
};

TEST_F(SentinelTest, TellsTheMaster) {
  RedisServer master;
  Sentinel sentinel(master);
  RedisUser user(io(), through(sentinel.address()));
  EXPECT_TRUE(try_set(user));
  EXPECT_EQ(master.client().get("key"), "value");
  EXPECT_EQ(user.connection.name(), fmt::format("redis master mymaster at 127.0.0.1:{}", master.port()));
}

TEST_F(SentinelTest, IsPassedOverIfItDoesNotAnswer) {
  RedisServer master;
  Sentinel frozen(master);
  Sentinel sentinel(master);
  frozen.freeze();
  RedisUser user(io(), through(dead_address() + "," + frozen.address() + "," + sentinel.address()));
  EXPECT_TRUE(try_set(user));
}

TEST_F(SentinelTest, IsPassedOverIfItSendsToAReplica) {
  RedisServer master;
  RedisServer replica({.extra = {"--replicaof", master.host(), std::to_string(master.port())}});
  Sentinel stale(replica);
  Sentinel sentinel(master);
  RedisUser user(io(), through(stale.address() + "," + sentinel.address()));
  EXPECT_TRUE(eventually([&] { return try_set(user).has_value(); }));
  EXPECT_EQ(master.client().get("key"), "value");
}

TEST_F(SentinelTest, OfWhichNoneAnswersIsNamedWithTheReason) {
  const std::string first = dead_address();
  const std::string second = dead_address();
  RedisUser user(io(), through(first + "," + second));
  EXPECT_EQ(refusal(user),
            fmt::format("redis master mymaster is unreachable: no Sentinel tells where the master is: {} "
                        "(Connection refused), {} (Connection refused)",
                        first, second));
}

TEST_F(SentinelTest, ThatDoesNotKnowTheMasterNamesTheSetting) {
  RedisServer master;
  Sentinel sentinel(master);
  Settings::Redis settings = through(sentinel.address());
  settings.sentinel_master = "other";
  RedisUser user(io(), settings);
  EXPECT_THAT(refusal(user),
              HasSubstr(sentinel.address() + " (it knows no master 'other': check REDIS_SENTINEL_MASTER)"));
}

TEST_F(SentinelTest, ThatIsAPlainRedisNamesTheSetting) {
  RedisServer server;
  RedisUser user(io(), through(fmt::format("127.0.0.1:{}", server.port())));
  EXPECT_THAT(refusal(user), HasSubstr("check that REDIS_SENTINELS names Sentinels"));
}

TEST_F(SentinelTest, MayHaveAPasswordOfItsOwn) {
  RedisServer master({.password = "of-the-servers"});
  Sentinel sentinel(master, {.password = "own", .master_password = "of-the-servers"});
  Settings::Redis settings = through(sentinel.address());
  settings.password = "of-the-servers";
  {
    RedisUser user(io(), settings);
    EXPECT_THAT(refusal(user), HasSubstr("check REDIS_SENTINEL_PASSWORD"));
  }
  settings.sentinel_password = "own";
  RedisUser user(io(), settings);
  EXPECT_TRUE(try_set(user));
}

TEST_F(SentinelTest, LeadsToTheReplicaThatWasPromoted) {
  SentinelSet set;
  RedisUser user(io(), through(set.addresses()));
  EXPECT_TRUE(try_set(user));
  set.await_in_step();
  set.fail_over();
  EXPECT_TRUE(eventually([&] { return try_set(user).has_value(); }));
  EXPECT_EQ(user.connection.name(),
            fmt::format("redis master mymaster at 127.0.0.1:{}", set.replica().port()));
}

}  // namespace
}  // namespace chatsync::test
