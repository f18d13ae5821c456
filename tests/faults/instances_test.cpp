// Several servers on one Redis and one MariaDB, all of which sync.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <thread>

#include "faults/fault_checks.hpp"

namespace chatsync::test {
namespace {

class Instances : public ::testing::Test {
 protected:
  void start(std::size_t number, const Environment& settings = {}) {
    for (std::size_t i = 0; i < number; ++i) servers_.push_back(world_.start(settings));
  }

  std::vector<std::uint16_t> ports() const {
    std::vector<std::uint16_t> ports;
    for (const auto& server : servers_) ports.push_back(server->port());
    return ports;
  }

  /// How many turns the instances say they have synced, taken together.
  std::int64_t turns_synced() const {
    std::int64_t turns = 0;
    for (const auto& server : servers_) {
      HttpClient client = server->client();
      const std::string page = client.get("/metrics").body;
      const std::string name = "\nchatsync_sync_turns_total ";
      turns += static_cast<std::int64_t>(std::stod(page.substr(page.find(name) + name.size())));
    }
    return turns;
  }

  void expect_drained_as_told(const std::vector<Call>& calls) {
    HttpClient client = servers_.front()->client();
    sync_now(client);
    expect_as_told(world_, *servers_.front(), calls);
  }

  World world_{kRedisAndMySql};
  const std::vector<std::string> sessions_{"a", "b", "c", "d", "e"};
  std::vector<std::unique_ptr<ChatsyncProcess>> servers_;
};

TEST_F(Instances, BarriersThatRaceMoveEachTurnOnce) {
  start(4, {{"SYNC_BATCH_TURNS", "20"}});
  RecordedLoadPlan plan = gentle_load(ports(), sessions_);
  plan.clients = 8;
  RecordedLoad load(plan);
  std::vector<std::jthread> barriers;
  for (const auto& server : servers_) {
    barriers.emplace_back([&] {
      HttpClient client = server->client();
      for (int call = 0; call < scaled(40); ++call) EXPECT_EQ(client.get("/sync_now").status, 200);
    });
  }
  barriers.clear();
  await_more(load, 20);
  const std::vector<Call> calls = load.finish();
  expect_all_acknowledged(calls);
  expect_drained_as_told(calls);
  EXPECT_EQ(turns_synced(), calls.size());
}

TEST_F(Instances, OneThatIsFrozenWithATransactionOpenHoldsTheOthersUpOnlyForTheTimeout) {
  start(2, {{"MYSQL_TIMEOUT", "2"}});
  ChatsyncProcess& frozen = *servers_[0];
  HttpClient client = servers_[1]->client();
  std::vector<Call> calls;
  for (const std::string& session : sessions_) calls.push_back(ask_ok(client, session, "first " + session));
  sync_now(client);
  for (const std::string& session : sessions_) calls.push_back(ask_ok(client, session, "then " + session));

  // A row of its batch is locked until it is frozen; so it is frozen in mid-transaction.
  MySqlClient other = world_.mariadb().client(world_.database());
  other.query("START TRANSACTION");
  other.query("SELECT * FROM chat_sessions WHERE session_id = 'c' FOR UPDATE");
  std::jthread drain([&] {
    try {
      HttpClient(frozen.port()).get("/sync_now");
    } catch (const std::runtime_error&) {
      // It answers when it is awake again.
    }
  });
  EXPECT_TRUE(eventually([&] {
    return world_.rows("SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'").at(0).at(1) != "0";
  }));
  frozen.freeze();
  other.query("ROLLBACK");
  EXPECT_TRUE(eventually([&] { return client.get("/sync_now").status == 200; }, std::chrono::seconds(20)));
  for (const std::string& session : sessions_) calls.push_back(ask_ok(client, session, "last " + session));
  sync_now(client);
  expect_as_told(world_, *servers_[1], calls);

  frozen.thaw();
  drain.join();
  HttpClient woken = frozen.client();
  EXPECT_TRUE(eventually([&] { return woken.get("/sync_now").status == 200; }));
  calls.push_back(ask_ok(woken, "a", "and one more"));
  sync_now(woken);
  expect_as_told(world_, frozen, calls);
}

TEST_F(Instances, OneThatIsFrozenInMidDrainAndWokenChangesNothing) {
  start(2, {{"SYNC_BATCH_TURNS", "10"}, {"MYSQL_TIMEOUT", "2"}});
  ChatsyncProcess& frozen = *servers_[0];
  HttpClient client = servers_[1]->client();
  RecordedLoad load(gentle_load({servers_[1]->port()}, sessions_));
  for (int round = 0; round < 2; ++round) {
    await_more(load, 200);
    const std::int64_t stored = world_.integer("SELECT count(*) FROM chat_messages");
    std::jthread drain([&] { HttpClient(frozen.port()).get("/sync_now"); });
    EXPECT_TRUE(eventually([&] { return world_.integer("SELECT count(*) FROM chat_messages") > stored; }));
    frozen.freeze();
    // Whatever it was about to write or to acknowledge, the other one does meanwhile.
    EXPECT_TRUE(eventually([&] { return client.get("/sync_now").status == 200; }));
    await_more(load, 20);
    frozen.thaw();
  }
  const std::vector<Call> calls = load.finish();
  expect_all_acknowledged(calls);
  expect_drained_as_told(calls);
}

TEST_F(Instances, ARollingRestartUnderLoadLosesAndDoublesNothing) {
  start(3, {{"SYNC_INTERVAL", "1"}});
  RecordedLoadPlan plan = gentle_load(ports(), sessions_);
  plan.clients = 6;
  plan.synced_every = 8;
  RecordedLoad load(plan);
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    await_more(load, 50);
    EXPECT_EQ(servers_[i]->stop(), 0) << servers_[i]->standard_error();
    await_more(load, 50);
    servers_[i]->start_again();
    load.move_to(i, servers_[i]->port());
  }
  await_more(load, 50);
  expect_drained_as_told(load.finish());
}

}  // namespace
}  // namespace chatsync::test
