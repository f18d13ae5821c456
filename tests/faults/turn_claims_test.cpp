// A request with an Idempotency-Key is one turn although the instance that answers it dies or freezes, or
// Redis is gone.
#include <boost/json.hpp>
#include <future>

#include "faults/fault_checks.hpp"
#include "support/scripted_upstream.hpp"

namespace chatsync::test {
namespace {

using Exchange = ScriptedUpstream::Exchange;

constexpr const char* kKey = "Idempotency-Key: k1\r\n";
constexpr const char* kBody = R"({"session_id":"s","message":"hello"})";
constexpr const char* kSyncedBody = R"({"session_id":"s","message":"hello","durability":"synced"})";

class TurnClaimsInTrouble : public ::testing::Test {
 protected:
  std::unique_ptr<ChatsyncProcess> start(Environment more = {}) {
    more.try_emplace("LLM_BASE_URL", upstream.base_url());
    more.try_emplace("REDIS_TIMEOUT", "1");
    more.try_emplace("MYSQL_TIMEOUT", "2");
    return world.start(std::move(more));
  }

  static HttpResponse post(const ChatsyncProcess& server, const std::string& body = kBody) {
    return server.client().request("POST", "/chat", body, kKey);
  }

  /// Of a server that may die before it replies.
  static std::future<std::optional<HttpResponse>> post_in_background(const ChatsyncProcess& server,
                                                                     const std::string& body = kBody) {
    return std::async(std::launch::async, [&server, body]() -> std::optional<HttpResponse> {
      try {
        return post(server, body);
      } catch (const std::runtime_error&) {
        return std::nullopt;
      }
    });
  }

  void answer_at_once(const char* text) {
    upstream.then([text](Exchange& exchange) { exchange.reply(200, completion_of(text)); });
  }

  void expect_one_turn(const ChatsyncProcess& server, const HttpResponse& reply) {
    HttpClient client = server.client();
    EXPECT_TRUE(eventually([&] { return client.get("/sync_now").status == 200; }));
    EXPECT_EQ(world.rows("SELECT turn_id, seq, answer FROM chat_messages"),
              (std::vector<SqlRow>{{std::string(reply.json().at("turn_id").as_string()), std::string("1"),
                                    std::string(reply.json().at("answer").as_string())}}));
    EXPECT_EQ(world.integer("SELECT COUNT(*) FROM dead_letters"), 0);
    EXPECT_EQ(get_json(client, "/sessions/s").at("question_count"), 1);
  }

  World world{kRedisAndMySql, {.redis = {.appendfsync = "always"}, .proxied = true}};
  ScriptedUpstream upstream;
};

TEST_F(TurnClaimsInTrouble, AnInstanceThatDiesBeforeItRecordsIsReplacedWhenItsLeaseIsOver) {
  std::promise<void> asked;
  upstream.then([&](Exchange& exchange) {
    asked.set_value();
    exchange.hang();
  });
  answer_at_once("from b");
  const auto a = start();
  const auto b = start();
  auto lost = post_in_background(*a);
  asked.get_future().wait();
  a->kill9();
  EXPECT_FALSE(lost.get());
  const HttpResponse reply = post(*b);
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(reply.json().at("answer"), "from b");
  expect_one_turn(*b, reply);
}

TEST_F(TurnClaimsInTrouble, AnInstanceThatDiesBeforeItRepliesHasRecordedTheTurn) {
  upstream.then([this](Exchange& exchange) {
    world.mariadb_proxy().hold();
    exchange.reply(200, completion_of("from a"));
  });
  const auto a = start();
  const auto b = start();
  EXPECT_EQ(a->client().post("/sessions", {{"session_id", "s"}}).status, 201);
  auto lost = post_in_background(*a, kSyncedBody);
  ASSERT_TRUE(
      eventually([&] { return world.redis().client().command({"GET", "session:s:count"}).text == "1"; }));
  a->kill9();
  EXPECT_FALSE(lost.get());
  world.mariadb_proxy().pass();
  HttpResponse reply;
  EXPECT_TRUE(eventually([&] { return (reply = post(*b, kSyncedBody)).status == 200; })) << reply.body;
  EXPECT_EQ(reply.json().at("answer"), "from a");
  EXPECT_EQ(reply.json().at("durability"), "synced");
  EXPECT_EQ(reply.header("idempotency-replayed"), "true");
  expect_one_turn(*b, reply);
}

TEST_F(TurnClaimsInTrouble, OneThatWasFrozenRecordsNothingWhenItWakesUp) {
  std::promise<void> asked;
  std::promise<void> woken;
  upstream.then([&](Exchange& exchange) {
    asked.set_value();
    woken.get_future().wait();
    exchange.reply(200, completion_of("from a"));
  });
  answer_at_once("from b");
  const auto a = start();
  const auto b = start();
  auto first = post_in_background(*a);
  asked.get_future().wait();
  a->freeze();
  const HttpResponse reply = post(*b);
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(reply.json().at("answer"), "from b");
  woken.set_value();
  a->thaw();
  const auto late = first.get();
  ASSERT_TRUE(late);
  EXPECT_EQ(late->body, reply.body) << "its client gets the turn that there is";
  expect_one_turn(*b, reply);
}

TEST_F(TurnClaimsInTrouble, WithoutRedisTheStoreTakesTheTurnOnce) {
  answer_at_once("first");
  answer_at_once("second");
  const auto a = start();
  const auto b = start();
  world.redis().kill9();
  HttpResponse reply;
  EXPECT_TRUE(eventually([&] { return (reply = post(*a)).status == 200; })) << reply.body;
  EXPECT_EQ(reply.json().at("answer"), "first");
  HttpResponse again;
  EXPECT_TRUE(eventually([&] { return (again = post(*b)).status == 200; })) << again.body;
  EXPECT_EQ(again.json().at("turn_id"), reply.json().at("turn_id"));
  EXPECT_EQ(again.json().at("answer"), "first");
  world.redis().start();
  HttpResponse after;
  EXPECT_TRUE(eventually([&] { return (after = post(*b)).status == 200; })) << after.body;
  EXPECT_EQ(after.json().at("answer"), "first");
  expect_one_turn(*b, reply);
}

TEST_F(TurnClaimsInTrouble, ARedisThatComesBackEmptyDoesNotForgetTheTurn) {
  answer_at_once("first");
  const auto a = start();
  const HttpResponse reply = post(*a);
  HttpClient client = a->client();
  sync_now(client);
  world.redis().client().command({"FLUSHALL"});
  const HttpResponse again = post(*a);
  EXPECT_EQ(again.body, reply.body);
  expect_one_turn(*a, reply);
}

}  // namespace
}  // namespace chatsync::test
