// The keys in Redis that the spec documents, read by a client of our own; and what another program writes
// there.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <regex>
#include <set>

#include "end_to_end/world.hpp"

namespace chatsync::test {
namespace {

namespace json = boost::json;

class RedisKeys : public ::testing::Test {
 protected:
  std::string type_of(const std::string& key) { return redis_.command({"TYPE", key}).text; }
  std::int64_t ttl_of(const std::string& key) { return redis_.integer({"TTL", key}); }

  /// A turn as a program in another language writes it, under the four documented keys only.
  void write_foreign_turn(const std::string& session_id, const std::string& timestamp,
                          const std::string& question, const std::string& answer) {
    const std::string prefix = "session:" + session_id;
    const std::string key = prefix + ":msg:" + timestamp;
    redis_.command({"INCR", prefix + ":count"});
    redis_.command({"HSET", key, "question", question, "answer", answer});
    redis_.command({"RPUSH", prefix + ":history", question});
    redis_.command({"SADD", prefix + ":pending_msgs", key});
  }

  World world_{{.redis = true, .mysql = false}};
  RespClient redis_ = world_.redis().client();
};

TEST_F(RedisKeys, APendingTurnStandsUnderTheDocumentedKeys) {
  const auto server = world_.start();
  HttpClient client = server->client();
  const json::object reply = chat(client, "abc", "Xin chào");
  const json::object message = get_json(client, "/sessions/abc/messages").at("messages").at(0).as_object();
  const std::string message_key = fmt::format("session:abc:msg:{}", message.at("timestamp").as_int64());

  EXPECT_EQ(redis_.keys("session:*"),
            (std::vector<std::string>{"session:abc:count", "session:abc:history", "session:abc:meta",
                                      message_key, "session:abc:pending_msgs"}));
  EXPECT_EQ(type_of("session:abc:count"), "string");
  EXPECT_EQ(redis_.get("session:abc:count"), "1");
  EXPECT_EQ(type_of("session:abc:history"), "list");
  EXPECT_EQ(type_of("session:abc:pending_msgs"), "set");
  EXPECT_EQ(redis_.strings({"SMEMBERS", "session:abc:pending_msgs"}), std::vector<std::string>{message_key});
  EXPECT_EQ(type_of(message_key), "hash");
  const auto turn = redis_.hash(message_key);
  EXPECT_EQ(turn.at("turn_id"), reply.at("turn_id").as_string());
  EXPECT_EQ(turn.at("seq"), "1");
  EXPECT_EQ(turn.at("user_id"), "1");
  EXPECT_EQ(turn.at("question"), "Xin chào");
  EXPECT_EQ(turn.at("answer"), "Echo: Xin chào");
  EXPECT_EQ(turn.at("status"), "complete");
  EXPECT_EQ(turn.at("created_at"), std::to_string(message.at("timestamp").as_int64()));
  EXPECT_EQ(type_of("session:abc:meta"), "hash");
  EXPECT_EQ(type_of("sync:dirty"), "zset");
  EXPECT_EQ(redis_.strings({"ZRANGE", "sync:dirty", "0", "-1"}), std::vector<std::string>{"abc"});
}

TEST_F(RedisKeys, HistoryHoldsTheLastTenTurnsAsJsonOldestFirst) {
  const auto server = world_.start();
  HttpClient client = server->client();
  chat_numbers(client, "abc", 1, 25);
  const std::vector<std::string> entries = redis_.strings({"LRANGE", "session:abc:history", "0", "-1"});
  ASSERT_EQ(entries.size(), 10);
  for (int i = 0; i < 10; ++i) {
    const json::value entry = json::parse(entries[static_cast<std::size_t>(i)]);
    EXPECT_EQ(entry.at("question"), json::value(fmt::format("question {}", i + 16)));
    EXPECT_EQ(entry.at("answer"), json::value(fmt::format("Echo: question {}", i + 16)));
    EXPECT_EQ(entry.at("seq"), i + 16);
  }
  EXPECT_EQ(redis_.get("session:abc:count"), "25");
  EXPECT_EQ(redis_.integer({"SCARD", "session:abc:pending_msgs"}), 25);
}

TEST_F(RedisKeys, NothingExpiresWhileTurnsArePending) {
  const auto server = world_.start();
  HttpClient client = server->client();
  chat_numbers(client, "abc", 1, 2);
  for (const std::string& key : redis_.keys()) EXPECT_EQ(ttl_of(key), -1) << key;
}

TEST_F(RedisKeys, ASyncedSessionLosesItsTurnsAndGetsATimeToLive) {
  const auto server = world_.start({{"SESSION_TTL", "1000"}});
  HttpClient client = server->client();
  chat_numbers(client, "abc", 1, 12);
  EXPECT_EQ(sync_now(client), 12);
  EXPECT_EQ(redis_.keys(),
            (std::vector<std::string>{"session:abc:count", "session:abc:history", "session:abc:meta"}));
  for (const std::string& key : redis_.keys()) {
    EXPECT_GT(ttl_of(key), 900) << key;
    EXPECT_LE(ttl_of(key), 1000) << key;
  }
  chat_numbers(client, "abc", 13, 13);
  for (const std::string& key : redis_.keys()) EXPECT_EQ(ttl_of(key), -1) << key;
}

TEST_F(RedisKeys, TheConfiguredDatabaseIsUsed) {
  const auto server = world_.start({{"REDIS_DB", "3"}});
  HttpClient client = server->client();
  chat_numbers(client, "abc", 1, 1);
  EXPECT_TRUE(redis_.keys().empty());
  redis_.command({"SELECT", "3"});
  EXPECT_EQ(redis_.get("session:abc:count"), "1");
}

TEST_F(RedisKeys, TurnsOfAnotherProgramAreSyncedOnDemand) {
  const auto server = world_.start();
  HttpClient client = server->client();
  write_foreign_turn("php", "1795392000000001", "hỏi 😀", "đáp");
  write_foreign_turn("php", "1795392000000002", "second", "answer");
  EXPECT_EQ(sync_now(client), 2);
  const std::vector<SqlRow> expected{{"php", "1795392000000001", std::nullopt, "hỏi 😀", "đáp"},
                                     {"php", "1795392000000002", std::nullopt, "second", "answer"}};
  EXPECT_EQ(world_.rows("SELECT session_id, ts, seq, question, answer FROM chat_messages ORDER BY ts"),
            expected);
  EXPECT_EQ(redis_.keys("*:pending_msgs"), std::vector<std::string>{});
  EXPECT_EQ(redis_.keys("*:msg:*"), std::vector<std::string>{});
  EXPECT_EQ(sync_now(client), 0);
}

TEST_F(RedisKeys, TurnsOfAnotherProgramAreFoundByTheSweep) {
  const auto server = world_.start({{"SYNC_INTERVAL", "1"}, {"SYNC_SWEEP_INTERVAL", "1"}});
  write_foreign_turn("php", "1795392000000001", "question", "answer");
  EXPECT_TRUE(eventually([&] { return redis_.keys("*:pending_msgs").empty(); }));
  EXPECT_EQ(world_.integer("SELECT count(*) FROM chat_messages"), 1);
}

TEST_F(RedisKeys, ASessionOfAnotherProgramGoesOnHere) {
  const auto server = world_.start();
  HttpClient client = server->client();
  write_foreign_turn("php", "1795392000000001", "first", "answer");
  EXPECT_EQ(chat(client, "php", "second").at("question_count"), 2);
  EXPECT_EQ(sync_now(client), 2);
  const json::array messages = get_json(client, "/sessions/php/messages").at("messages").as_array();
  ASSERT_EQ(messages.size(), 2);
  std::set<std::string> questions;
  for (const json::value& message : messages) questions.emplace(message.at("question").as_string());
  EXPECT_EQ(questions, (std::set<std::string>{"first", "second"}));
}

TEST_F(RedisKeys, ATurnWithoutAnAnswerGoesToDeadLettersAndBlocksNobody) {
  const auto server = world_.start();
  HttpClient client = server->client();
  redis_.command({"HSET", "session:php:msg:17", "question", "only a question"});
  redis_.command({"SADD", "session:php:pending_msgs", "session:php:msg:17"});
  write_foreign_turn("php", "18", "question", "answer");
  chat_numbers(client, "abc", 1, 2);
  const json::object reply = get_json(client, "/sync_now");
  EXPECT_EQ(reply.at("synced"), 3);
  EXPECT_EQ(reply.at("dead_lettered"), 1);
  EXPECT_EQ(world_.column("SELECT session_id FROM dead_letters"), std::vector<std::string>{"php"});
  EXPECT_TRUE(redis_.keys("*:pending_msgs").empty());
}

}  // namespace
}  // namespace chatsync::test
