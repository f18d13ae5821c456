// Everything of a user: given away whole, and erased for good.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <map>
#include <sstream>
#include <thread>

#include "end_to_end/world.hpp"

namespace chatsync::test {
namespace {

namespace json = boost::json;

json::value question(const std::string& session_id, const std::string& user_id, const std::string& message) {
  return {{"session_id", session_id}, {"user_id", user_id}, {"message", message}};
}

std::vector<json::object> export_of(HttpClient& client, const std::string& user_id) {
  const HttpResponse response = client.get("/users/" + user_id + "/export");
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.header("content-type"), "application/x-ndjson");
  std::vector<json::object> lines;
  std::istringstream text(response.body);
  for (std::string line; std::getline(text, line);) lines.push_back(json::parse(line).as_object());
  return lines;
}

class Users : public ::testing::TestWithParam<Combination> {
 protected:
  World world_{GetParam()};
};

TEST_P(Users, AnExportIsWhatTheStoreHasAfterEverythingIsSynced) {
  constexpr int kSessions = 8;
  constexpr int kTurns = 1'000 / CHATSYNC_TEST_SCALE_DOWN;
  const auto server = world_.start();
  HttpClient client = server->client();
  for (int i = 0; i < kTurns; ++i) {
    const auto body = question(fmt::format("s{}", i % kSessions), "ann", fmt::format("Câu hỏi {}\n\"?\"", i));
    ASSERT_EQ(client.post("/chat", body).status, 200);
    if (i % 10 == 0) ASSERT_EQ(client.post("/chat", question("other", "bob", "x")).status, 200);
    if (i == kTurns / 2) sync_now(client);
  }
  const std::vector<json::object> lines = export_of(client, "ann");
  sync_now(client);
  std::map<std::string, std::string> exported;
  for (const json::object& line : lines) {
    if (line.at("type") != "turn") continue;
    const std::string turn =
        fmt::format("{} {} {} {}", line.at("session_id").as_string().c_str(), line.at("seq").as_int64(),
                    line.at("timestamp").as_int64(), line.at("question").as_string().c_str());
    EXPECT_TRUE(exported.emplace(line.at("turn_id").as_string(), turn).second) << "exported twice: " << turn;
  }
  std::map<std::string, std::string> stored;
  for (const SqlRow& row : world_.rows("SELECT m.turn_id, m.session_id, m.seq, m.ts, m.question FROM "
                                       "chat_messages AS m JOIN chat_sessions AS s ON s.session_id = "
                                       "m.session_id WHERE s.user_id = 'ann'")) {
    stored[*row[0]] = fmt::format("{} {} {} {}", *row[1], *row[2], *row[3], *row[4]);
  }
  EXPECT_EQ(exported, stored);
  EXPECT_EQ(json::serialize(lines.back()),
            fmt::format(R"({{"type":"end","sessions":{},"turns":{},"dead_letters":0}})", kSessions, kTurns));
}

TEST_P(Users, AnErasedUserIsGoneFromCacheAndStore) {
  const auto server = world_.start();
  HttpClient client = server->client();
  for (int i = 0; i < 20; ++i) client.post("/chat", question(fmt::format("s{}", i % 4), "ann", "hello"));
  client.post("/chat", question("other", "bob", "hello"));
  sync_now(client);
  for (int i = 0; i < 10; ++i) client.post("/chat", question(fmt::format("s{}", i % 6), "ann", "hello"));
  const HttpResponse erased = client.request("DELETE", "/users/ann");
  EXPECT_EQ(erased.status, 200);
  EXPECT_EQ(erased.body, R"({"user_id":"ann","deleted_sessions":6,"deleted_turns":30})");
  EXPECT_EQ(client.request("DELETE", "/users/ann").body,
            R"({"user_id":"ann","deleted_sessions":0,"deleted_turns":0})");
  EXPECT_EQ(export_of(client, "ann").size(), 1U);
  EXPECT_EQ(client.post("/chat", question("s1", "ann", "again")).status, 410);
  EXPECT_EQ(client.request("DELETE", "/users/no%20user").status, 400);
  sync_now(client);
  EXPECT_EQ(world_.column("SELECT session_id FROM chat_messages"), std::vector<std::string>{"other"});
  EXPECT_EQ(server->stop(), 0);
  const CommandOutcome verified =
      run_chatsync({.environment = world_.environment(), .arguments = {"verify"}});
  EXPECT_EQ(verified.status, 0) << verified.standard_output << verified.standard_error;
}

INSTANTIATE_TEST_SUITE_P(All, Users, every_combination(), combination_name);

TEST(UsersExport, TellsOfTurnsThatTheStoreCouldNotTake) {
  World world(kRedisAndMySql);
  const auto server = world.start();
  HttpClient client = server->client();
  ASSERT_EQ(client.post("/chat", question("s", "ann", "hello")).status, 200);
  RespClient redis = world.redis().client();
  for (int i = 0; i < 20; ++i) {
    const std::string key = fmt::format("session:s:msg:{}", 1'795'406'400'123'456 + 2 * i);
    redis.command({"HSET", key, "question", fmt::format("no answer {}", i)});
    redis.command({"SADD", "session:s:pending_msgs", key});
  }
  sync_now(client);
  const std::vector<json::object> lines = export_of(client, "ann");
  ASSERT_EQ(lines.size(), 23U);
  EXPECT_EQ(lines[2].at("type"), "dead_letter");
  EXPECT_EQ(lines[2].at("session_id"), "s");
  EXPECT_EQ(lines[2].at("error_code"), "missing_field");
  EXPECT_NE(lines[2].at("payload").as_string().find("no answer"), json::string::npos);
  EXPECT_EQ(json::serialize(lines.back()), R"({"type":"end","sessions":1,"turns":1,"dead_letters":20})");
}

/// Statements on the tables of sessions that have run for so long that they must be waiting for a lock.
std::int64_t waiting_statements(World& world) {
  return world.mariadb().client("").integer(
      "SELECT COUNT(*) FROM information_schema.processlist WHERE command <> 'Sleep' AND time_ms > 100 AND "
      "info LIKE '%chat_sessions%' AND id <> CONNECTION_ID()");
}

TEST(UsersOfSeveralInstances, NoLateDrainBringsAnErasedUserBack) {
  World world(kRedisAndMySql);
  const auto one = world.start();
  const auto other = world.start();
  HttpClient client = one->client();
  for (int round = 0; round < 3; ++round) {
    const std::string user = fmt::format("user{}", round);
    const std::string session = fmt::format("s{}", round);
    ASSERT_EQ(client.post("/chat", question(session, user, "stored")).status, 200);
    sync_now(client);
    for (int i = 0; i < 20; ++i) client.post("/chat", question(session, user, "pending"));
    // The other instance has read the pending turns and waits for the session's row to write them; the
    // erasure waits behind it, or goes before it.
    MySqlClient blocker = world.mariadb().client(world.database());
    blocker.query("BEGIN");
    blocker.query(fmt::format("SELECT * FROM chat_sessions WHERE session_id = '{}' FOR UPDATE", session));
    std::thread drain([&] {
      HttpClient late = other->client();
      sync_now(late);
    });
    EXPECT_TRUE(eventually([&] { return waiting_statements(world) >= 1; }));
    HttpResponse erased;
    std::thread erasure([&] { erased = one->client().request("DELETE", "/users/" + user); });
    EXPECT_TRUE(eventually([&] { return waiting_statements(world) >= 2; }));
    blocker.query("ROLLBACK");
    drain.join();
    erasure.join();
    EXPECT_EQ(erased.status, 200) << erased.body;
    sync_now(client);
    HttpClient second = other->client();
    sync_now(second);
    EXPECT_EQ(export_of(second, user).size(), 1U);
    EXPECT_EQ(second.post("/chat", question(session, user, "again")).status, 410);
  }
  EXPECT_EQ(world.integer("SELECT COUNT(*) FROM chat_messages"), 0);
  // What is left is the mark that keeps a late request from putting the session back.
  RespClient redis = world.redis().client();
  for (const std::string& key : redis.keys("session:*")) {
    EXPECT_EQ(redis.hash(key), (std::map<std::string, std::string>{{"erased", "1"}})) << key;
    EXPECT_GT(redis.integer({"PTTL", key}), 0) << key;
  }
}

TEST(UsersOfSeveralInstances, AnErasureThatMeetsAnOutageIsGoneOnWith) {
  World world(kRedisAndMySql);
  const auto server = world.start({{"REDIS_TIMEOUT", "1"}});
  HttpClient client = server->client();
  for (int i = 0; i < 10; ++i) client.post("/chat", question(fmt::format("s{}", i), "ann", "hello"));
  sync_now(client);
  world.redis().freeze();
  const HttpResponse failed = client.request("DELETE", "/users/ann");
  EXPECT_EQ(failed.status, 503) << failed.body;
  EXPECT_NE(failed.header("retry-after"), "");
  EXPECT_NE(failed.body.find("repeating the request goes on"), std::string::npos) << failed.body;
  EXPECT_EQ(client.request("DELETE", "/sessions/s1").status, 503);
  EXPECT_EQ(world.integer("SELECT COUNT(*) FROM chat_messages"), 10);
  world.redis().thaw();
  EXPECT_TRUE(eventually([&] { return client.request("DELETE", "/users/ann").status == 200; }));
  EXPECT_EQ(world.integer("SELECT COUNT(*) FROM chat_messages"), 0);
  EXPECT_EQ(export_of(client, "ann").size(), 1U);
}

}  // namespace
}  // namespace chatsync::test
