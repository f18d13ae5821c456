// Something of another type under one of our keys, as a program that is wrong about them may leave it.
#include <fmt/format.h>

#include <boost/json.hpp>

#include "faults/fault_checks.hpp"

namespace chatsync::test {
namespace {

struct WrongKey {
  std::string name;
  std::string key;
  std::vector<std::string> command;  ///< That puts something else there; the key follows its first word.
};

void PrintTo(const WrongKey& key, std::ostream* out) { *out << key.name; }

class RedisTypes : public ::testing::TestWithParam<WrongKey> {
 protected:
  void spoil() {
    RespClient redis = world_.redis().client();
    redis.command({"DEL", GetParam().key});
    std::vector<std::string> command = GetParam().command;
    command.insert(command.begin() + 1, GetParam().key);
    redis.command(command);
  }

  std::map<std::string, std::string> dump() {
    RespClient redis = world_.redis().client();
    std::map<std::string, std::string> dumped;
    for (const std::string& key : redis.keys()) dumped[key] = redis.content(key);
    return dumped;
  }

  World world_{kRedisAndMySql};
};

TEST_P(RedisTypes, RefusesTheSessionChangesNothingAndGoesOnWhenItIsMended) {
  const auto server = world_.start();
  HttpClient client = server->client();
  std::vector<Call> calls{ask_ok(client, "s", "first"), ask_ok(client, "other", "first")};
  sync_now(client);
  spoil();
  const auto before = dump();
  calls.push_back(ask(client, "s", "refused"));
  EXPECT_EQ(calls.back().outcome, CallOutcome::failed) << calls.back().error;
  EXPECT_NE(calls.back().error.find("\"wrong_type\""), std::string::npos) << calls.back().error;
  EXPECT_EQ(dump(), before);
  // Reading fails only where turns that wait cannot be read.
  const HttpResponse messages = client.get("/sessions/s/messages");
  const bool unreadable = GetParam().key == "session:s:pending_msgs";
  EXPECT_EQ(error_code(messages), unreadable ? "wrong_type" : "") << messages.body;
  EXPECT_EQ(client.get("/sessions/s/stats").status, 200);
  EXPECT_EQ(client.get("/readyz").status, 200);
  if (GetParam().key.starts_with("session:s")) {
    calls.push_back(ask_ok(client, "other", "goes on"));
    EXPECT_EQ(sync_now(client), 1);
  }

  world_.redis().client().command({"DEL", GetParam().key});
  calls.push_back(ask_ok(client, "s", "again"));
  calls.push_back(ask_ok(client, "other", "again"));
  sync_now(client);
  HttpClient other = server->client();
  EXPECT_EQ(stored_seqs(world_, "s"), one_to(2));
  EXPECT_EQ(world_.integer("SELECT count(*) FROM chat_messages"),
            std::ranges::count(calls, CallOutcome::acknowledged, &Call::outcome));
}

INSTANTIATE_TEST_SUITE_P(Faults, RedisTypes,
                         ::testing::Values(WrongKey{"InTheCount", "session:s:count", {"RPUSH", "x"}},
                                           WrongKey{"AWordInTheCount", "session:s:count", {"SET", "many"}},
                                           WrongKey{"InTheHistory", "session:s:history", {"SET", "x"}},
                                           WrongKey{
                                               "InThePendingSet", "session:s:pending_msgs", {"SET", "x"}},
                                           WrongKey{"InTheDirtyIndex", "sync:dirty", {"SET", "x"}}),
                         [](const auto& info) { return info.param.name; });

class RedisTypesElsewhere : public ::testing::Test {
 protected:
  World world_{kRedisAndMySql};
};

TEST_F(RedisTypesElsewhere, AStrangeMetaCostsTheTitleAndNoTurn) {
  const auto server = world_.start();
  HttpClient client = server->client();
  ask_ok(client, "s", "first");
  sync_now(client);
  RespClient redis = world_.redis().client();
  redis.command({"DEL", "session:s:meta"});
  redis.set("session:s:meta", "x");
  EXPECT_EQ(ask_ok(client, "s", "second").question_count, 2);
  EXPECT_EQ(sync_now(client), 1);
  EXPECT_EQ(stored_seqs(world_, "s"), one_to(2));
  EXPECT_EQ(turns_in_redis(world_), 0);
}

TEST_F(RedisTypesElsewhere, AKeyThatATurnWouldGetIsLeftAlone) {
  const auto server = world_.start();
  HttpClient client = server->client();
  ask_ok(client, "s", "first");
  RespClient redis = world_.redis().client();
  redis.set("session:s:msg:1700000000000000", "of another program");
  EXPECT_EQ(ask_ok(client, "s", "second").question_count, 2);
  EXPECT_EQ(sync_now(client), 2);
  EXPECT_EQ(redis.get("session:s:msg:1700000000000000"), "of another program");
}

TEST_F(RedisTypesElsewhere, ASpoiltIndexIsToldOfAndTurnsThatWaitAreKept) {
  const auto server = world_.start({{"SYNC_INTERVAL", "1"}, {"SYNC_SWEEP_INTERVAL", "1"}});
  HttpClient client = server->client();
  RespClient redis = world_.redis().client();
  std::vector<Call> calls;
  sync_now(client);
  redis.command({"MULTI"});
  redis.command({"INCR", "session:s:count"});
  redis.command({"HSET", "session:s:msg:1700000000000000", "question", "q", "answer", "a"});
  redis.command({"SADD", "session:s:pending_msgs", "session:s:msg:1700000000000000"});
  redis.set("sync:dirty", "x");
  redis.command({"EXEC"});
  const HttpResponse failed = client.get("/sync_now");
  EXPECT_EQ(failed.status, 503) << failed.body;
  EXPECT_EQ(client.get("/sync_now").status, 503);
  EXPECT_EQ(lines_with(*server, "turns cannot be synced"), 1) << server->standard_error();
  EXPECT_EQ(lines_with(*server, "WRONGTYPE"), 1) << server->standard_error();
  redis.command({"DEL", "sync:dirty"});
  EXPECT_TRUE(eventually([&] { return turns_in_redis(world_) == 0; }));
  EXPECT_EQ(world_.column("SELECT question FROM chat_messages"), std::vector<std::string>{"q"});
}

}  // namespace
}  // namespace chatsync::test
