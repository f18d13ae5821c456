#include "support/fault_proxy.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <stdexcept>

#include "support/eventually.hpp"
#include "support/redis_server.hpp"

namespace chatsync::test {
namespace {

using std::chrono::milliseconds;

class FaultProxyToRedis : public ::testing::Test {
 protected:
  RespClient through() const { return {"127.0.0.1", proxy_.port()}; }

  /// INCR of `key` by a client of its own, whose reply may take its time.
  std::future<std::int64_t> counting() {
    return std::async(std::launch::async, [this] { return through().integer({"INCR", "key"}); });
  }
  static bool still_waits(const std::future<std::int64_t>& reply) {
    return reply.wait_for(milliseconds(20)) == std::future_status::timeout;
  }

  RedisServer redis_;
  FaultProxy proxy_{redis_.port()};
  RespClient direct_ = redis_.client();
};

TEST_F(FaultProxyToRedis, PassesAndCountsRequests) {
  RespClient client = through();
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(client.integer({"INCR", "key"}), i);
  EXPECT_EQ(proxy_.requests(), 3);
}

TEST_F(FaultProxyToRedis, RefusesNewConnectionsOnly) {
  RespClient before = through();
  before.command({"PING"});
  proxy_.refuse();
  EXPECT_THROW(through(), std::runtime_error);
  EXPECT_EQ(before.command({"PING"}).text, "PONG");
  proxy_.pass();
  EXPECT_EQ(through().command({"PING"}).text, "PONG");
}

TEST_F(FaultProxyToRedis, CutsAfterTheNthRequestAndBeforeItsReply) {
  RespClient client = through();
  client.command({"PING"});
  proxy_.cut_before_reply(3);
  EXPECT_EQ(client.integer({"INCR", "key"}), 1);
  EXPECT_EQ(client.integer({"INCR", "key"}), 2);
  EXPECT_THROW(client.command({"INCR", "key"}), std::runtime_error);
  EXPECT_EQ(direct_.get("key"), "3");
  EXPECT_EQ(proxy_.cuts(), 1);
  EXPECT_EQ(through().integer({"INCR", "key"}), 4);
}

TEST_F(FaultProxyToRedis, DelaysBothDirections) {
  RespClient client = through();
  client.command({"PING"});
  proxy_.delay(milliseconds(30));
  const auto begin = std::chrono::steady_clock::now();
  client.command({"PING"});
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(60));
}

TEST_F(FaultProxyToRedis, KeepsEveryByteInSlices) {
  std::string text(20'000, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 31);
  proxy_.slice(7);
  RespClient client = through();
  client.set("key", text);
  EXPECT_EQ(client.get("key"), text);
}

TEST_F(FaultProxyToRedis, HoldsEverythingUntilItPasses) {
  proxy_.hold();
  auto reply = counting();
  EXPECT_TRUE(eventually([&] { return proxy_.requests() == 1; }));
  EXPECT_TRUE(still_waits(reply));
  EXPECT_EQ(direct_.get("key"), std::nullopt);
  proxy_.pass();
  EXPECT_EQ(reply.get(), 1);
}

TEST_F(FaultProxyToRedis, HoldsRepliesOnly) {
  proxy_.hold_replies();
  auto reply = counting();
  EXPECT_TRUE(eventually([&] { return direct_.get("key") == "1"; }));
  EXPECT_TRUE(still_waits(reply));
  proxy_.pass();
  EXPECT_EQ(reply.get(), 1);
}

TEST_F(FaultProxyToRedis, SeversTheConnectionsThereAre) {
  RespClient client = through();
  client.command({"PING"});
  proxy_.sever();
  EXPECT_THROW(client.command({"PING"}), std::runtime_error);
  EXPECT_EQ(through().command({"PING"}).text, "PONG");
}

TEST_F(FaultProxyToRedis, EndsConnectionsThatTheServerEnds) {
  RespClient client = through();
  client.command({"PING"});
  redis_.kill9();
  EXPECT_THROW(client.command({"PING"}), std::runtime_error);
  EXPECT_THROW(through().command({"PING"}), std::runtime_error);
}

}  // namespace
}  // namespace chatsync::test
