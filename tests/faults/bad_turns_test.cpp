// Turns that no store can take. Each is put aside with its reason; all others are stored and its session goes
// on.
#include <fmt/format.h>

#include <boost/json.hpp>

#include "faults/fault_checks.hpp"

namespace chatsync::test {
namespace {

using Hash = std::vector<std::string>;

struct BadTurn {
  std::string name;
  std::string code;
  Hash hash;
};

void PrintTo(const BadTurn& turn, std::ostream* out) { *out << turn.name; }

class BadTurns : public ::testing::Test {
 protected:
  /// Writes a turn as another program does.
  void write(const std::string& session_id, std::int64_t timestamp, const Hash& hash) {
    RespClient redis = world_.redis().client();
    const std::string prefix = "session:" + session_id;
    const std::string key = fmt::format("{}:msg:{}", prefix, timestamp);
    std::vector<std::string> command{"HSET", key};
    command.insert(command.end(), hash.begin(), hash.end());
    redis.command(command);
    redis.command({"INCR", prefix + ":count"});
    redis.command({"SADD", prefix + ":pending_msgs", key});
  }

  World world_{kRedisAndMySql};
  std::unique_ptr<ChatsyncProcess> server_ = world_.start();
  HttpClient client_ = server_->client();
};

class BadTurnOfAnotherProgram : public BadTurns, public ::testing::WithParamInterface<BadTurn> {};

TEST_P(BadTurnOfAnotherProgram, IsPutAsideWithItsReason) {
  ask_ok(client_, "s", "before");
  write("s", 1'700'000'000'000'000, GetParam().hash);
  ask_ok(client_, "s", "after");
  const boost::json::object drained = get_json(client_, "/sync_now");
  EXPECT_EQ(drained.at("synced"), 2);
  EXPECT_EQ(drained.at("dead_lettered"), 1);
  EXPECT_EQ(world_.column("SELECT question FROM chat_messages ORDER BY ts"),
            (std::vector<std::string>{"before", "after"}));
  const std::vector<SqlRow> letters =
      world_.rows("SELECT session_id, message_key, error_code, reason, payload FROM dead_letters");
  ASSERT_EQ(letters.size(), 1);
  EXPECT_EQ(letters[0][0], "s");
  EXPECT_EQ(letters[0][1], "session:s:msg:1700000000000000");
  EXPECT_EQ(letters[0][2], GetParam().code) << letters[0][3].value();
  EXPECT_FALSE(letters[0][3].value().empty());
  EXPECT_FALSE(letters[0][4].value().empty());
  // It has left the cache, too: nothing of it is met again.
  EXPECT_EQ(world_.redis().client().keys("session:s:msg:*").size(), 0);
  EXPECT_EQ(ask_ok(client_, "s", "later").question_count, 4);
  EXPECT_EQ(sync_now(client_), 1);
  EXPECT_EQ(world_.integer("SELECT count(*) FROM dead_letters"), 1);
}

INSTANTIATE_TEST_SUITE_P(
    Faults, BadTurnOfAnotherProgram,
    ::testing::Values(
        BadTurn{"WithoutAQuestion", "missing_field", {"answer", "a"}},
        BadTurn{"WithoutAnAnswer", "missing_field", {"question", "q"}},
        BadTurn{"ThatIsNotUtf8", "invalid_utf8", {"question", "\xC3\x28", "answer", "a"}},
        BadTurn{"WhoseAnswerIsNotUtf8", "invalid_utf8", {"question", "q", "answer", "\xED\xA0\x80"}},
        BadTurn{"WithATooLongModel",
                "mysql_1406",
                {"question", "q", "answer", "a", "model", std::string(300, 'm')}}),
    [](const auto& info) { return info.param.name; });

TEST_F(BadTurns, StrangeValuesThatARowDoesNotNeedAreLeftOut) {
  ask_ok(client_, "s", "before");
  const std::string garbage = "Tiến \xFF";
  write("s", 1'700'000'000'000'000,
        {"question", "q", "answer", "a", "seq", "seven", "user_id", garbage, "turn_id", std::string(200, 't'),
         "status", garbage, "model", garbage, "created_at", garbage});
  const boost::json::object drained = get_json(client_, "/sync_now");
  EXPECT_EQ(drained.at("synced"), 2);
  const std::vector<SqlRow> stored{{std::nullopt, "1", "q", "a", "complete", ""}};
  EXPECT_EQ(world_.rows("SELECT seq, user_id, question, answer, status, model FROM chat_messages "
                        "WHERE ts = 1700000000000000"),
            stored);
}

TEST_F(BadTurns, ATextThatTheColumnRefusesIsPutAside) {
  // One byte more than MEDIUMTEXT holds.
  world_.mariadb().client().query("SET GLOBAL max_allowed_packet = 67108864");
  ask_ok(client_, "s", "before");
  write("s", 1'700'000'000'000'000, {"question", std::string(std::size_t{1} << 24, 'q'), "answer", "a"});
  const boost::json::object drained = get_json(client_, "/sync_now");
  EXPECT_EQ(drained.at("synced"), 1);
  EXPECT_EQ(drained.at("dead_lettered"), 1);
}

TEST_F(BadTurns, WhatIsNoHashIsPutAside) {
  ask_ok(client_, "s", "before");
  RespClient redis = world_.redis().client();
  redis.set("session:s:msg:1700000000000000", "a string");
  redis.command({"SADD", "session:s:pending_msgs", "session:s:msg:1700000000000000"});
  const boost::json::object drained = get_json(client_, "/sync_now");
  EXPECT_EQ(drained.at("synced"), 1);
  EXPECT_EQ(drained.at("dead_lettered"), 1);
  EXPECT_EQ(world_.column("SELECT error_code FROM dead_letters"), std::vector<std::string>{"wrong_type"});
  EXPECT_EQ(ask_ok(client_, "s", "after").question_count, 2);
}

TEST_F(BadTurns, OfManyTurnsExactlyTheBadOnesArePutAside) {
  constexpr int kTurns = 400;
  std::vector<std::string> good;
  std::vector<std::string> bad;
  for (int turn = 0; turn < kTurns; ++turn) {
    const std::string session = fmt::format("s{}", turn % 7);
    const std::int64_t timestamp = 1'700'000'000'000'000 + turn;
    Hash hash{"question", fmt::format("question {:03}", turn), "answer", "a"};
    if (turn % 57 == 3) {
      // Some that the cache's reader finds, some that only the store does.
      if (turn % 2 == 0) hash[3] = "\xFF";
      hash.insert(hash.end(), {"model", std::string(300, 'm')});
      bad.push_back(fmt::format("session:{}:msg:{}", session, timestamp));
    } else {
      good.push_back(hash[1]);
    }
    write(session, timestamp, hash);
  }
  const boost::json::object drained = get_json(client_, "/sync_now");
  EXPECT_EQ(drained.at("synced"), good.size());
  EXPECT_EQ(drained.at("dead_lettered"), bad.size());
  EXPECT_EQ(world_.column("SELECT question FROM chat_messages ORDER BY ts"), good);
  EXPECT_EQ(world_.column("SELECT message_key FROM dead_letters ORDER BY substr(message_key, -16)"), bad);
  EXPECT_EQ(world_.redis().client().keys("session:*:pending_msgs").size(), 0);
  EXPECT_EQ(sync_now(client_), 0);
}

}  // namespace
}  // namespace chatsync::test
