// Tables, or the whole database, that somebody takes away under a running server. chatsync does not make them
// anew by itself: whoever restores a backup would then find empty tables in the way, and turns in them.
#include <fmt/format.h>

#include "faults/store_trouble.hpp"

namespace chatsync::test {
namespace {

class StoreSchema : public StoreTrouble {
 protected:
  /// The database with all that is in it, as an operator's backup.
  std::vector<std::string> back_up() {
    MySqlClient root = world_.mariadb().client(world_.database());
    std::vector<std::string> statements;
    for (const std::string& table : root.column("SHOW TABLES")) {
      statements.push_back(root.query("SHOW CREATE TABLE " + table).at(0).at(1).value());
    }
    return statements;
  }

  void drop_database() { world_.mariadb().client().query("DROP DATABASE " + world_.database()); }

  void restore(const std::vector<std::string>& statements) {
    world_.mariadb().client().query("CREATE DATABASE " + world_.database());
    MySqlClient root = world_.mariadb().client(world_.database());
    for (const std::string& statement : statements) root.query(statement);
  }
};

TEST_F(StoreSchema, ATableThatIsMissingIsWaitedFor) {
  MySqlClient root = world_.mariadb().client(world_.database());
  go_through([&] { root.query("RENAME TABLE chat_messages TO elsewhere"); },
             [&] { root.query("RENAME TABLE elsewhere TO chat_messages"); },
             "restore the tables from a backup, or");
}

TEST_F(StoreSchema, ADatabaseThatIsDroppedIsWaitedForUntilItIsRestored) {
  HttpClient client = server_->client();
  EXPECT_EQ(ask_ok(client, "a", "second").question_count, 2);
  sync_now(client);
  const std::vector<std::string> backup = back_up();
  drop_database();
  asked_.clear();
  RecordedLoad load(plan());
  await_more(load, 20);
  expect_turns_wait(load);
  const std::vector<Call> calls = load.finish();
  expect_all_acknowledged(calls);
  restore(backup);
  EXPECT_TRUE(eventually([&] { return lines_with(*server_, "turns are synced again") == 1; }));
  EXPECT_TRUE(eventually([&] { return turns_in_redis(world_) == 0; }));
  expect_one_line_each("from a backup, or");
  EXPECT_EQ(world_.integer("SELECT count(*) FROM chat_messages"), calls.size() + asked_.size());
  EXPECT_EQ(world_.integer("SELECT count(*) FROM dead_letters"), 0);
}

TEST_F(StoreSchema, ADatabaseThatIsDroppedIsMadeAnewByARestart) {
  HttpClient client = server_->client();
  sync_now(client);
  drop_database();
  EXPECT_EQ(ask_ok(client, "a", "second").question_count, 2);
  EXPECT_EQ(client.get("/sync_now").status, 503);
  world_.mariadb().client().query("GRANT CREATE ON *.* TO plain@'%'");
  EXPECT_EQ(server_->stop(), 1);
  server_->start_again();
  EXPECT_TRUE(eventually([&] { return turns_in_redis(world_) == 0; }));
  EXPECT_EQ(world_.column("SELECT question FROM chat_messages"), std::vector<std::string>{"second"});
  EXPECT_EQ(world_.integer("SELECT question_count FROM chat_sessions"), 2);
}

}  // namespace
}  // namespace chatsync::test
