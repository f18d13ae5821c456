#include "service/turn_rules.hpp"

#include <boost/json.hpp>

#include "embedded/local_turn_claims.hpp"
#include "service/completion_service.hpp"
#include "support/fakes/scripted_model_server.hpp"
#include "unit/service/service_fixture.hpp"

namespace chatsync::service {
namespace {

class TurnRulesTest : public ServiceFixture {
 protected:
  TurnRulesTest() {
    server.reply = std::string(
        R"({"model":"m","choices":[{"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]})");
  }

  static ChatRequest request(std::string digest = "d1") {
    return {.session_id = "s",
            .message = "hello",
            .terms = {.key = RequestKey{.turn_id = "t1", .session_id = "s", .digest = std::move(digest)}}};
  }

  Result<ChatReply> ask(ChatRequest asked) {
    return test::run_coroutine(io, completions.chat(std::move(asked)));
  }

  embedded::LocalTurnClaims claims{cache, clock};
  test::ScriptedModelServer server{io.get_executor()};
  RunningAnswers running;
  SessionQueues queues{clock};
  TurnRules rules{io.get_executor(), service, claims, nullptr, queues, running, clock, {.immediate = false}};
  CompletionService completions{io.get_executor(), service, server, running, clock, {.rules = &rules}};
};

TEST_F(TurnRulesTest, AnswerARequestOnce) {
  const auto first = ask(request());
  const auto again = ask(request());
  ASSERT_TRUE(first && again);
  EXPECT_FALSE(first->replayed);
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(first->turn_id, "t1");
  EXPECT_EQ(again->created_at_us, first->created_at_us);
  EXPECT_EQ(server.asked.size(), 1U);
  EXPECT_EQ(boost::json::parse(cache.sessions["s"].history.at(0).details).at("request"), "d1");
}

TEST_F(TurnRulesTest, KnowARequestThatOnlyTheStoreHas) {
  ask(request());
  sync();
  cache.sessions.clear();
  EXPECT_TRUE(ask(request())->replayed);
  EXPECT_EQ(ask(request("d2")).error().code, "idempotency_key_reused");
}

TEST_F(TurnRulesTest, CommitATurnThatIsAskedForAgainAsSynced) {
  ask(request());
  ChatRequest synced = request();
  synced.durability = Durability::synced;
  EXPECT_EQ(ask(std::move(synced))->durability, Durability::synced);
  EXPECT_EQ(store.rows.size(), 1U);
}

TEST_F(TurnRulesTest, LetAFailedRequestBeAskedAgain) {
  auto reply = std::exchange(server.reply, fail(ErrorKind::model_timeout, "slow"));
  EXPECT_FALSE(ask(request()));
  server.reply = std::move(reply);
  EXPECT_EQ(ask(request("d2"))->answer, "hi") << "nothing is left of the first request";
}

TEST_F(TurnRulesTest, AskThoughTheStoreCannotTell) {
  store.outage = store_down();
  EXPECT_EQ(chat("s", "known to the cache").error().kind, ErrorKind::unavailable);
  store.outage.reset();
  chat("s", "known to the cache");
  store.outage = store_down();
  EXPECT_EQ(ask(request())->question_count, 2);
}

TEST_F(TurnRulesTest, FreeTheSessionWhenItsTurnIsRecorded) {
  ChatRequest plain{.session_id = "s", .message = "hello"};
  plain.terms.on_busy = OnBusy::reject;
  EXPECT_TRUE(ask(plain));
  server.reply = fail(ErrorKind::model_timeout, "slow");
  EXPECT_EQ(ask(plain).error().kind, ErrorKind::model_timeout);
  EXPECT_EQ(ask(plain).error().kind, ErrorKind::model_timeout) << "it is free after a failure too";
}

TEST_F(TurnRulesTest, EndTheirWorkWithTheLastTurn) {
  ask(request());
  test::run_coroutine(io, completions.finished());
}

}  // namespace
}  // namespace chatsync::service
