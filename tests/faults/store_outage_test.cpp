// A store that is away, or refuses everybody, for a while: turns go on being accepted and wait, and come to
// the store by themselves when it is back.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <functional>

#include "faults/fault_checks.hpp"

namespace chatsync::test {
namespace {

class StoreOutage : public ::testing::Test {
 protected:
  StoreOutage() {
    Environment settings = as_plain_user(world_);
    settings.insert({{"MYSQL_TIMEOUT", "1"}, {"SYNC_INTERVAL", "1"}, {"SYNC_BATCH_TURNS", "50"}});
    server_ = world_.start(settings);
    HttpClient client = server_->client();
    for (const std::string& session : sessions_) asked_.push_back(ask(client, session, "first"));
  }

  PatientPlan plan() const { return {.ports = {server_->port()}, .sessions = sessions_}; }

  /// Puts the store into trouble in the midst of load and out of it again. `cause` is what the log says.
  void go_through(const std::function<void()>& trouble, const std::function<void()>& relief,
                  std::string_view cause) {
    PatientLoad load(plan());
    load.await_more(50);
    trouble();
    expect_turns_wait(load);
    relief();
    EXPECT_TRUE(eventually([&] { return lines_with(*server_, "turns are synced again") == 1; }));
    expect_everything_arrives(load.stop());
    // One line when it begins and one when it ends, however many attempts there were between.
    EXPECT_EQ(lines_with(*server_, "turns cannot be synced"), 1) << server_->standard_error();
    EXPECT_EQ(lines_with(*server_, cause), 1) << server_->standard_error();
    EXPECT_EQ(lines_with(*server_, "turns are synced again"), 1) << server_->standard_error();
    EXPECT_EQ(lines_with(*server_, " warning "), 1) << server_->standard_error();
  }

  void expect_turns_wait(const PatientLoad& load) {
    HttpClient client = server_->client();
    for (int attempt = 0; attempt < attempts_; ++attempt) {
      const HttpResponse failed = client.get("/sync_now");
      EXPECT_EQ(failed.status, 503) << failed.body;
      EXPECT_EQ(error_code(failed), "sync_failed");
      EXPECT_FALSE(failed.header("retry-after").empty());
      load.await_more(20);
    }
    const std::int64_t waiting = turns_in_redis();
    load.await_more(20);
    EXPECT_GE(turns_in_redis(), waiting + 20);
    // A session of the server's making needs no look into the store.
    asked_.push_back(ask(client, {}, "a new session"));
  }

  void expect_everything_arrives(PatientOutcome outcome) {
    EXPECT_TRUE(outcome.refused.empty()) << outcome.refused.begin()->first;
    EXPECT_TRUE(outcome.unknown.empty());
    outcome.acknowledged.insert(outcome.acknowledged.end(), asked_.begin(), asked_.end());
    expect_synced_without_help(world_, outcome);
    EXPECT_TRUE(eventually([&] { return turns_in_redis() == 0; }));
  }

  std::int64_t turns_in_redis() {
    RespClient redis = world_.redis().client();
    std::int64_t turns = 0;
    for (const std::string& key : redis.keys("session:*:pending_msgs"))
      turns += redis.integer({"SCARD", key});
    return turns;
  }

  static void kill_connections(MySqlClient& killer) {
    for (const auto& id :
         killer.column("SELECT id FROM information_schema.processlist WHERE user = 'plain'")) {
      try {
        killer.query("KILL CONNECTION " + id);
      } catch (const std::runtime_error&) {
        // It has ended by itself.
      }
    }
  }

  World world_{kRedisAndMySql};
  const std::vector<std::string> sessions_{"a", "b", "c"};
  std::unique_ptr<ChatsyncProcess> server_;
  std::vector<AcknowledgedTurn> asked_;
  int attempts_ = 3;
};

TEST_F(StoreOutage, AKilledServerIsWaitedFor) {
  go_through([&] { world_.mariadb().kill9(); }, [&] { world_.mariadb().start(); },
             "check that the server runs there");
}

TEST_F(StoreOutage, AFrozenServerIsWaitedFor) {
  attempts_ = 1;  // Each waits for its time-outs.
  go_through([&] { world_.mariadb().freeze(); }, [&] { world_.mariadb().thaw(); },
             "check that the server runs there");
}

TEST_F(StoreOutage, AStoppedServerIsWaitedFor) {
  go_through([&] { world_.mariadb().stop(); }, [&] { world_.mariadb().start(); },
             "check that the server runs there");
}

TEST_F(StoreOutage, AReadOnlyServerIsWaitedFor) {
  MySqlClient root = world_.mariadb().client();
  go_through([&] { root.query("SET GLOBAL read_only = ON"); },
             [&] { root.query("SET GLOBAL read_only = OFF"); }, "the server is read-only");
}

TEST_F(StoreOutage, AServerWithoutAFreeConnectionIsWaitedFor) {
  std::vector<MySqlClient> holders;
  go_through(
      [&] {
        for (int i = 0; i < 10; ++i) holders.push_back(world_.mariadb().client());
        holders.front().query("SET GLOBAL max_connections = 10");
        kill_connections(holders.front());
      },
      [&] {
        holders.front().query("SET GLOBAL max_connections = 200");
        holders.clear();
      },
      "raise max_connections");
}

TEST_F(StoreOutage, ConnectionsKilledAgainAndAgainInMidLoadLoseAndDoubleNothing) {
  MySqlClient root = world_.mariadb().client();
  PatientLoad load(plan());
  HttpClient client = server_->client();
  for (int round = 0; round < scaled(30); ++round) {
    load.await_more(20);
    std::jthread drain([&] { client.get("/sync_now"); });
    kill_connections(root);
  }
  expect_everything_arrives(load.stop());
}

TEST_F(StoreOutage, AServerKilledAgainAndAgainInMidDrainLosesAndDoublesNothing) {
  PatientLoad load(plan());
  HttpClient client = server_->client();
  for (int round = 0; round < 3; ++round) {
    load.await_more(150);
    const std::int64_t stored = world_.integer("SELECT count(*) FROM chat_messages");
    std::jthread drain([&] { client.get("/sync_now"); });
    EXPECT_TRUE(eventually([&] { return world_.integer("SELECT count(*) FROM chat_messages") > stored; }));
    world_.mariadb().kill9();
    drain.join();
    world_.mariadb().start();
  }
  expect_everything_arrives(load.stop());
}

}  // namespace
}  // namespace chatsync::test
