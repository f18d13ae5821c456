// A master that fails, and a replica that takes its place by the Sentinels' will: the server goes on by
// itself, also when the replica had fallen behind what the master had accepted and the store has.
#include <fmt/format.h>

#include <boost/json.hpp>

#include "faults/fault_checks.hpp"

namespace chatsync::test {
namespace {

class SentinelFailover : public ::testing::Test {
 protected:
  SentinelFailover() { server_ = world_.start({{"REDIS_TIMEOUT", "1"}, {"MYSQL_TIMEOUT", "2"}}); }

  void ask_some(const std::string& session, int turns) {
    HttpClient client = server_->client();
    for (int turn = 0; turn < turns; ++turn) {
      calls_.push_back(ask_ok(client, session, fmt::format("{} {}", session, calls_.size())));
    }
  }

  void sync() {
    HttpClient client = server_->client();
    drain(client);
  }

  void expect_all_as_told() {
    sync();
    expect_as_told(world_, *server_, calls_);
  }

  World world_{kRedisAndMySql, {.sentinels = 1}};
  std::unique_ptr<ChatsyncProcess> server_;
  std::vector<Call> calls_;
};

TEST_F(SentinelFailover, ToAReplicaInStepLosesNothing) {
  ask_some("a", 12);
  sync();
  ask_some("a", 3);
  ask_some("b", 2);
  world_.sentinels().await_in_step();
  world_.sentinels().fail_over();
  ask_some("a", 3);
  ask_some("b", 3);
  expect_all_as_told();
  EXPECT_EQ(stored_seqs(world_, "a"), one_to(18));
  EXPECT_GE(lines_with(*server_, fmt::format("redis master mymaster at 127.0.0.1:{}: connected again",
                                             world_.redis().port())),
            1U);
}

TEST_F(SentinelFailover, ToAReplicaThatLacksSyncedTurnsGoesOnAboveThem) {
  ask_some("a", 5);
  ask_some("b", 12);
  sync();
  world_.sentinels().await_in_step();
  world_.sentinels().cut_replication();
  ask_some("a", 4);
  ask_some("b", 11);
  ask_some("c", 2);
  sync();
  world_.sentinels().fail_over();
  for (const char* session : {"a", "b", "c"}) ask_some(session, 3);
  expect_all_as_told();
  EXPECT_EQ(stored_seqs(world_, "b"), one_to(26));
}

TEST_F(SentinelFailover, ToAReplicaWhereSyncedTurnsWaitAgainStoresThemOnce) {
  ask_some("a", 5);
  world_.sentinels().await_in_step();
  world_.sentinels().cut_replication();
  sync();
  ask_some("a", 4);
  sync();
  world_.sentinels().fail_over();
  ask_some("a", 3);
  expect_all_as_told();
  EXPECT_EQ(stored_seqs(world_, "a"), one_to(12));
}

TEST_F(SentinelFailover, ToAReplicaFarBehindUnderLoadKeepsEveryTurnToldToBeSynced) {
  RecordedLoadPlan plan = gentle_load({server_->port()}, {"a", "b", "c"});
  plan.synced_every = 1;
  RecordedLoad load(plan);
  await_more(load, 30);
  world_.sentinels().cut_replication();
  await_more(load, 30);
  world_.sentinels().fail_over();
  await_more(load, 30);
  calls_ = load.finish();
  EXPECT_TRUE(eventually([&] { return lines_with(*server_, "connected again") > 0; }));
  expect_all_as_told();
}

}  // namespace
}  // namespace chatsync::test
