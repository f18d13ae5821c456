// Requests that ask for `"durability": "synced"`.
#include <fmt/format.h>

#include <boost/json.hpp>

#include "faults/fault_checks.hpp"

namespace chatsync::test {
namespace {

class Synced : public ::testing::Test {
 protected:
  static HttpResponse ask_synced(HttpClient& client, const std::string& question) {
    return client.post("/chat", {{"session_id", "s"}, {"message", question}, {"durability", "synced"}});
  }

  World world_{kRedisAndMySql};
};

TEST_F(Synced, AReplyComesAfterTheCommit) {
  const auto server = world_.start();
  HttpClient client = server->client();
  MySqlClient other = world_.mariadb().client(world_.database());
  for (int turn = 1; turn <= 50; ++turn) {
    const HttpResponse reply = ask_synced(client, fmt::format("question {}", turn));
    ASSERT_EQ(reply.status, 200) << reply.body;
    EXPECT_EQ(reply.json().at("durability"), "synced");
    // Another connection sees what is committed and nothing else.
    EXPECT_EQ(other.integer(fmt::format("SELECT count(*) FROM chat_messages WHERE turn_id = {}",
                                        other.quoted(std::string(reply.json().at("turn_id").as_string())))),
              1);
  }
}

TEST_F(Synced, RequestsAtTheSameTimeShareTheirCommits) {
  const auto server = world_.start();
  MySqlClient other = world_.mariadb().client(world_.database());
  const auto commits = [&] {
    return std::stoll(other.query("SHOW GLOBAL STATUS LIKE 'Com_commit'").at(0).at(1).value());
  };
  const std::int64_t before = commits();
  RecordedLoadPlan plan = gentle_load({server->port()}, {"a", "b", "c", "d"});
  plan.clients = 32;
  plan.turns = static_cast<std::size_t>(scaled(32));
  plan.synced_every = 1;
  plan.pause = std::chrono::milliseconds(0);
  RecordedLoad load(plan);
  EXPECT_TRUE(eventually([&] { return load.ended(); }));
  const std::vector<Call> calls = load.finish();
  expect_all_acknowledged(calls);
  EXPECT_LT(commits() - before, static_cast<std::int64_t>(calls.size()) / 4);
  expect_as_told(world_, *server, calls);
}

TEST_F(Synced, WithoutTheStoreATurnIsRecordedAndSyncedOnceLater) {
  const auto server = world_.start({{"MYSQL_TIMEOUT", "1"}, {"SYNC_INTERVAL", "1"}});
  HttpClient client = server->client();
  std::vector<Call> calls{ask_ok(client, "s", "first")};
  world_.mariadb().kill9();
  for (int turn = 0; turn < 3; ++turn) {
    const std::string question = fmt::format("question {}", turn);
    const HttpResponse reply = ask_synced(client, question);
    EXPECT_EQ(reply.status, 503) << reply.body;
    EXPECT_EQ(error_code(reply), "recorded_not_synced");
    EXPECT_FALSE(reply.header("retry-after").empty());
    calls.push_back({.session_id = "s", .question = question, .outcome = CallOutcome::acknowledged});
  }
  world_.mariadb().start();
  expect_synced_without_help(world_, *server, calls);
}

}  // namespace
}  // namespace chatsync::test
