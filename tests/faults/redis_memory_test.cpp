// Redis at its memory limit: it refuses to take turns, and gives memory back by draining.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>

#include "faults/fault_checks.hpp"

namespace chatsync::test {
namespace {

class RedisMemory : public ::testing::Test {
 protected:
  // Redis does not hold its buffer of the append-only file against the limit, and that buffer is as
  // large as all that was written while an earlier part of it is fsynced.
  void limit_to_what_is_used_and(std::int64_t more_bytes) {
    RespClient redis = world_.redis().client();
    const std::string info = redis.command({"INFO", "memory"}).text;
    const auto bytes = [&](const std::string& name) {
      const std::string line_start = "\n" + name + ":";
      return std::stoll(info.substr(info.find(line_start) + line_start.size()));
    };
    const std::int64_t used = bytes("used_memory") - bytes("mem_not_counted_for_evict");
    redis.command({"CONFIG", "SET", "maxmemory", std::to_string(used + more_bytes)});
  }

  World world_{kRedisAndMySql};
};

TEST_F(RedisMemory, AtItsLimitRefusesTurnsUntilADrainHasFreedSome) {
  const auto server = world_.start();
  HttpClient client = server->client();
  std::vector<Call> calls;
  for (const char* session : {"a", "b", "c"}) calls.push_back(ask_ok(client, session, "first"));
  sync_now(client);
  const auto ask_until_refused = [&] {
    for (int turn = 0; turn < 1'000; ++turn) {
      const std::string session(1, static_cast<char>('a' + turn % 3));
      const std::string question = fmt::format("question {} {}", calls.size(), std::string(5'000, 'x'));
      calls.push_back(ask(client, session, question));
      if (!calls.back().acknowledged()) return;
    }
  };
  for (int round = 0; round < 2; ++round) {
    limit_to_what_is_used_and(1'000'000);
    ask_until_refused();
    ASSERT_EQ(calls.back().outcome, CallOutcome::failed) << calls.back().error;
    EXPECT_NE(calls.back().error.find("\"cache_full\""), std::string::npos) << calls.back().error;
    EXPECT_EQ(calls.back().error.substr(0, 3), "503");
    EXPECT_GT(turns_in_redis(world_), 10);
    // Nobody gets any memory now. Draining needs none, and frees more than enough.
    limit_to_what_is_used_and(-100'000);
    EXPECT_FALSE(ask(client, "a", fmt::format("before drain {}", round)).acknowledged());
    EXPECT_GT(sync_now(client), 10);
    calls.push_back(ask_ok(client, "a", fmt::format("after drain {}", round)));
  }
  sync_now(client);
  expect_as_told(world_, *server, calls);
}

TEST_F(RedisMemory, ThatMayEvictTurnsIsRefusedAtTheStart) {
  for (const char* policy : {"allkeys-lru", "volatile-ttl"}) {
    world_.redis().client().command({"CONFIG", "SET", "maxmemory-policy", policy});
    const CommandOutcome refused = run_chatsync({.environment = world_.environment()});
    EXPECT_EQ(refused.status, 2);
    EXPECT_EQ(std::ranges::count(refused.standard_error, '\n'), 1) << refused.standard_error;
    EXPECT_NE(refused.standard_error.find("redis-cli config set maxmemory-policy noeviction"),
              std::string::npos)
        << refused.standard_error;
  }
  // What it says to do mends it.
  world_.redis().client().command({"CONFIG", "SET", "maxmemory-policy", "noeviction"});
  const auto server = world_.start();
  HttpClient client = server->client();
  ask_ok(client, "s", "question");
}

TEST_F(RedisMemory, ForScriptsThatIsClearedUnderLoadCostsNoCall) {
  const auto server = world_.start({{"SYNC_INTERVAL", "1"}});
  RecordedLoadPlan plan = gentle_load({server->port()}, {"a", "b", "c"});
  plan.clients = 4;
  plan.synced_every = 4;
  RecordedLoad load(plan);
  RespClient redis = world_.redis().client();
  HttpClient client = server->client();
  for (int round = 0; round < scaled(40); ++round) {
    redis.command({"SCRIPT", "FLUSH"});
    await_more(load, 5);
    if (round % 4 == 0) EXPECT_EQ(client.get("/sync_now").status, 200);
  }
  const std::vector<Call> calls = load.finish();
  expect_all_acknowledged(calls);
  sync_now(client);
  expect_as_told(world_, *server, calls);
}

}  // namespace
}  // namespace chatsync::test
