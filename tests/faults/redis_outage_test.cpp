// Redis away for a while: the store takes turns in its place, and the two are reconciled when it is back.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <functional>

#include "faults/fault_checks.hpp"

namespace chatsync::test {
namespace {

class RedisOutage : public ::testing::Test {
 protected:
  RedisOutage() {
    server_ = world_.start({{"REDIS_TIMEOUT", "1"}, {"MYSQL_TIMEOUT", "2"}, {"SYNC_INTERVAL", "1"}});
    HttpClient client = server_->client();
    for (const std::string& session : sessions_)
      calls_.push_back(ask_ok(client, session, "first " + session));
  }

  /// Takes Redis away in the midst of load and brings it back.
  void go_through(const std::function<void()>& trouble, const std::function<void()>& relief) {
    RecordedLoad load(gentle_load({server_->port()}, sessions_));
    await_more(load, 50);
    trouble();
    await_more(load, 50);
    expect_written_through();
    relief();
    await_more(load, 50);
    expect_reconciled(load.finish());
  }

  void expect_written_through() {
    HttpClient client = server_->client();
    const std::string question = fmt::format("in the outage {}", calls_.size());
    const HttpResponse reply = client.post("/chat", {{"session_id", "a"}, {"message", question}});
    ASSERT_EQ(reply.status, 200) << reply.body;
    const boost::json::object body = reply.json().as_object();
    EXPECT_EQ(body.at("durability"), "synced");
    EXPECT_EQ(body.at("question_count_provisional"), true);
    EXPECT_EQ(world_.column(fmt::format("SELECT question FROM chat_messages WHERE turn_id = '{}'",
                                        std::string(body.at("turn_id").as_string()))),
              std::vector<std::string>{question});
    // Read from the store.
    const boost::json::array messages =
        get_json(client, "/sessions/a/messages?limit=10").at("messages").as_array();
    EXPECT_TRUE(std::ranges::any_of(
        messages, [&](const auto& message) { return message.at("turn_id") == body.at("turn_id"); }));
    Call call{.session_id = "a", .question = question, .invoked = Call::Clock::now()};
    read_reply(call, reply.status, reply.body);
    call.returned = Call::Clock::now();
    calls_.push_back(call);

    // Nobody but this outage knows the session, so its numbers are final.
    const Call fresh = ask_ok(client, {}, "a session of the outage");
    EXPECT_FALSE(fresh.provisional);
    EXPECT_EQ(fresh.question_count, 1);
    calls_.push_back(fresh);
  }

  void expect_reconciled(std::vector<Call> calls) {
    HttpClient client = server_->client();
    // Then numbers are final again, and given by Redis.
    EXPECT_TRUE(eventually([&] {
      calls.push_back(ask_ok(client, "a", fmt::format("afterwards {}", calls.size())));
      return calls.back().durability == "cached" && !calls.back().provisional;
    }));
    calls.insert(calls.end(), calls_.begin(), calls_.end());
    EXPECT_TRUE(eventually([&] { return client.get("/sync_now").status == 200; }));
    EXPECT_TRUE(eventually([&] { return turns_in_redis(world_) == 0; }));
    EXPECT_EQ(world_.integer("SELECT count(*) FROM unsettled_turns"), 0);
    expect_as_told(world_, *server_, calls);
  }

  // By default Redis answers before it has written while it fsyncs, and being killed may then lose turns.
  World world_{kRedisAndMySql, {.redis = {.appendfsync = "always"}}};
  const std::vector<std::string> sessions_{"a", "b", "c"};
  std::unique_ptr<ChatsyncProcess> server_;
  std::vector<Call> calls_;
};

TEST_F(RedisOutage, KilledTheStoreTakesItsPlace) {
  go_through([&] { world_.redis().kill9(); }, [&] { world_.redis().start(); });
  EXPECT_LE(lines_with(*server_, "connection lost"), 3) << server_->standard_error();
}

TEST_F(RedisOutage, FrozenTheStoreTakesItsPlace) {
  go_through([&] { world_.redis().freeze(); }, [&] { world_.redis().thaw(); });
}

TEST_F(RedisOutage, StoppedTheStoreTakesItsPlace) {
  go_through([&] { world_.redis().stop(); }, [&] { world_.redis().start(); });
}

TEST_F(RedisOutage, AgainAndAgainUnderLoadNothingIsLostDoubledOrMisnumbered) {
  RecordedLoad load(gentle_load({server_->port()}, sessions_));
  for (int round = 0; round < 3; ++round) {
    await_more(load, 30);
    world_.redis().kill9();
    await_more(load, 30);
    world_.redis().start();
  }
  await_more(load, 30);
  expect_reconciled(load.finish());
}

TEST_F(RedisOutage, WithTheStoreGoneTooNothingIsAccepted) {
  HttpClient client = server_->client();
  sync_now(client);
  world_.mariadb().kill9();
  world_.redis().kill9();
  Call refused;
  // The first call may still be in a connection's buffers.
  EXPECT_TRUE(eventually([&] {
    refused = ask(client, "a", fmt::format("refused {}", calls_.size()));
    calls_.push_back(refused);
    return refused.outcome == CallOutcome::failed;
  }));
  for (const char* session : {"a", "unheard of"}) {
    const HttpResponse reply = client.post("/chat", {{"session_id", "a"}, {"message", session}});
    EXPECT_EQ(reply.status, 503) << reply.body;
    EXPECT_FALSE(reply.header("retry-after").empty());
    EXPECT_NE(error_code(reply), "cache_outcome_unknown") << reply.body;
  }
  EXPECT_EQ(client.get("/healthz").status, 200);
  EXPECT_EQ(client.get("/readyz").status, 503);
  world_.mariadb().start();
  world_.redis().start();
  EXPECT_TRUE(eventually([&] {
    calls_.push_back(ask(client, "a", fmt::format("again {}", calls_.size())));
    return calls_.back().acknowledged() && calls_.back().durability == "cached";
  }));
  expect_reconciled({});
}

}  // namespace
}  // namespace chatsync::test
