// A store that is away, or refuses everybody, for a while: turns go on being accepted and wait, and come to
// the store by themselves when it is back.
#include "faults/store_trouble.hpp"

namespace chatsync::test {
namespace {

class StoreOutage : public StoreTrouble {};

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
  RecordedLoad load(plan());
  HttpClient client = server_->client();
  for (int round = 0; round < scaled(30); ++round) {
    await_more(load, 20);
    std::jthread drain([&] { client.get("/sync_now"); });
    kill_connections(root);
  }
  expect_everything_arrives(load.finish());
}

TEST_F(StoreOutage, AServerKilledAgainAndAgainInMidDrainLosesAndDoublesNothing) {
  RecordedLoad load(plan());
  HttpClient client = server_->client();
  for (int round = 0; round < 3; ++round) {
    await_more(load, 150);
    const std::int64_t stored = world_.integer("SELECT count(*) FROM chat_messages");
    std::jthread drain([&] { client.get("/sync_now"); });
    EXPECT_TRUE(eventually([&] { return world_.integer("SELECT count(*) FROM chat_messages") > stored; }));
    world_.mariadb().kill9();
    drain.join();
    world_.mariadb().start();
  }
  expect_everything_arrives(load.finish());
}

}  // namespace
}  // namespace chatsync::test
