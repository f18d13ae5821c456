// Requests that are sent again, and questions that meet in one session: at one instance, and at two.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <future>
#include <thread>

#include "end_to_end/stream_events.hpp"
#include "end_to_end/world.hpp"
#include "support/eventually.hpp"
#include "support/scripted_upstream.hpp"

namespace chatsync::test {
namespace {

using Exchange = ScriptedUpstream::Exchange;

constexpr const char* kKey = "Idempotency-Key: k1\r\n";
constexpr const char* kBody = R"({"session_id":"s","message":"hello"})";
constexpr const char* kStreamed = R"({"session_id":"s","message":"hello","stream":true})";
constexpr const char* kCompletion =
    R"({"model":"m","messages":[{"role":"user","content":"hello"}],"metadata":{"session_id":"s"}})";
constexpr const char* kStreamedCompletion =
    R"({"stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"hello"}],"metadata":{"session_id":"s"}})";

class TurnRulesTest : public ::testing::TestWithParam<Combination> {
 protected:
  std::unique_ptr<ChatsyncProcess> start(Environment more = {}) {
    more.try_emplace("LLM_BASE_URL", upstream.base_url());
    more.try_emplace("HTTP_THREADS", "2");
    return world.start(std::move(more));
  }

  static HttpResponse post(const ChatsyncProcess& server, const std::string& body = kBody,
                           const std::string& header_lines = kKey, const std::string& path = "/chat") {
    return server.client().request("POST", path, body, header_lines);
  }

  static std::size_t count_turns(const ChatsyncProcess& server) {
    const HttpResponse response = server.client().get("/sessions/s/messages");
    return response.status == 200 ? response.json().at("messages").as_array().size() : 0;
  }

  static boost::json::string code_of(const HttpResponse& response) {
    return response.json().at("error").at("code").as_string();
  }

  /// Answers when it is let go on, and tells when it is asked.
  void answer_when_told(const char* text) {
    upstream.then([this, text](Exchange& exchange) {
      asked.set_value();
      go_on.get_future().wait();
      exchange.reply(200, completion_of(text));
    });
  }

  /// The same in two pieces, the first of which it sends at once.
  void stream_in_two(const char* first, const char* second) {
    upstream.then(two_pieces(first, go_on, second));
  }

  World world{GetParam()};
  ScriptedUpstream upstream;
  std::promise<void> asked;
  std::promise<void> go_on;
};

TEST_P(TurnRulesTest, ARequestSentAgainGetsTheSameReply) {
  upstream.always([](Exchange& exchange) { exchange.reply(200, completion_of("hi")); });
  const auto server = start();
  const HttpResponse first = post(*server);
  EXPECT_EQ(first.status, 200) << first.body;
  EXPECT_EQ(first.header("idempotency-replayed"), "");
  const HttpResponse again = post(*server);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.header("idempotency-replayed"), "true");
  EXPECT_EQ(upstream.requests().size(), 1U);
  EXPECT_EQ(count_turns(*server), 1U);
  EXPECT_NE(post(*server, kBody, "Idempotency-Key: k2\r\n").body, first.body);
}

TEST_P(TurnRulesTest, AlsoWithoutASessionOfItsOwnAndAfterARestart) {
  const auto server = world.start();
  const std::string body = R"({"message":"hello"})";
  const HttpResponse first = post(*server, body);
  EXPECT_EQ(first.status, 200) << first.body;
  server->kill9();
  server->start_again();
  EXPECT_EQ(post(*server, body).body, first.body);
  HttpClient client = server->client();
  sync_now(client);
  EXPECT_EQ(post(*server, body).body, first.body);
  EXPECT_EQ(world.integer("SELECT COUNT(*) FROM chat_messages"), 1);
}

TEST_P(TurnRulesTest, AnotherRequestMayNotUseTheKey) {
  const auto server = world.start();
  post(*server);
  const HttpResponse refused = post(*server, R"({"session_id":"s","message":"other"})");
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(code_of(refused), "idempotency_key_reused");
  EXPECT_EQ(post(*server, R"({"session_id":"t","message":"hello"})").status, 422);
  HttpClient client = server->client();
  sync_now(client);
  if (GetParam().redis) world.redis().client().command({"FLUSHALL"});
  EXPECT_EQ(post(*server, R"({"session_id":"t","message":"hello"})").status, 422)
      << "also where only the store remembers";
}

TEST_P(TurnRulesTest, AKeyIsOfVisibleCharacters) {
  const auto server = world.start();
  EXPECT_EQ(post(*server, kBody, "Idempotency-Key: a b\r\n").json().at("error").at("param"),
            "Idempotency-Key");
  EXPECT_EQ(post(*server, kBody, "Idempotency-Key: " + std::string(256, 'a') + "\r\n").status, 400);
  EXPECT_EQ(post(*server, kBody, "Idempotency-Key: " + std::string(255, 'a') + "\r\n").status, 200);
}

TEST_P(TurnRulesTest, WithoutAnAnswerTheRequestIsAskedAgain) {
  upstream.then([](Exchange& exchange) { exchange.reply(404, R"({"error":{"message":"no model"}})"); });
  upstream.then([](Exchange& exchange) { exchange.reply(200, completion_of("hi")); });
  const auto server = start();
  EXPECT_EQ(post(*server).status, 404);
  EXPECT_EQ(post(*server).json().at("answer"), "hi");
}

TEST_P(TurnRulesTest, TheSameRequestAtOnceIsOneTurn) {
  answer_when_told("hi");
  const auto server = start();
  auto first = std::async([&] { return post(*server); });
  asked.get_future().wait();
  auto second = std::async([&] { return post(*server); });
  go_on.set_value();
  EXPECT_EQ(second.get().body, first.get().body);
  EXPECT_EQ(count_turns(*server), 1U);
}

TEST_P(TurnRulesTest, ARequestThatTakesTooLongIsRefusedTheSecondTime) {
  answer_when_told("hi");
  const auto server = start({{"SESSION_WAIT", "1"}});
  auto first = std::async([&] { return post(*server); });
  asked.get_future().wait();
  const HttpResponse refused = post(*server);
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(code_of(refused), "idempotency_in_progress");
  EXPECT_NE(refused.header("retry-after"), "");
  go_on.set_value();
  EXPECT_EQ(first.get().status, 200);
}

TEST_P(TurnRulesTest, AStreamSentAgainIsReadAlong) {
  stream_in_two("Xin ", "chào");
  const auto server = start();
  HttpClient first = server->client();
  first.send(request_bytes("POST /chat", kKey, kStreamed));
  std::string events = first.read_until("\"text\":\"Xin \"}\n\n");
  HttpClient second = server->client();
  second.send(request_bytes("POST /chat", kKey, kStreamed));
  std::string again = second.read_until("\"text\":\"Xin \"}\n\n");
  EXPECT_EQ(data_of(again, "start"), data_of(events, "start"));
  go_on.set_value();
  events += first.read_until("event: done") + first.read_until("\n\n");
  again += second.read_until("event: done") + second.read_until("\n\n");
  EXPECT_EQ(text_of(again), "Xin chào");
  EXPECT_EQ(data_of(again, "done"), data_of(events, "done"));
  const HttpResponse replayed = post(*server, kStreamed);
  EXPECT_EQ(replayed.header("idempotency-replayed"), "true");
  EXPECT_EQ(data_of(replayed.body, "done"), data_of(events, "done"));
  EXPECT_EQ(upstream.requests().size(), 1U);
}

TEST_P(TurnRulesTest, ACompletionSentAgainIsToldInOpenAisForm) {
  upstream.always([](Exchange& exchange) {
    if (exchange.request().body.find("\"stream\":true") == std::string::npos) {
      return exchange.reply(200, completion_of("hi"));
    }
    exchange.begin_stream();
    exchange.event(chunk_of("hi"));
    exchange.event(last_chunk("length"));
    exchange.event(R"({"choices":[],"usage":{"prompt_tokens":2,"completion_tokens":3}})");
    exchange.event("[DONE]");
    exchange.end_stream();
  });
  const auto server = start();
  const char* path = "/v1/chat/completions";
  EXPECT_EQ(post(*server, kCompletion, kKey, path).body, completion_of("hi"));
  const boost::json::value again = post(*server, kCompletion, kKey, path).json();
  EXPECT_EQ(again.at("choices").at(0).at("message").at("content"), "hi");
  EXPECT_EQ(again.at("model"), "scripted");
  EXPECT_EQ(again.at("object"), "chat.completion");

  post(*server, kStreamedCompletion, "Idempotency-Key: k2\r\n", path);
  const HttpResponse streamed = post(*server, kStreamedCompletion, "Idempotency-Key: k2\r\n", path);
  EXPECT_NE(streamed.body.find("\"content\":\"hi\""), std::string::npos) << streamed.body;
  EXPECT_NE(streamed.body.find("\"finish_reason\":\"length\""), std::string::npos) << streamed.body;
  EXPECT_NE(streamed.body.find("\"completion_tokens\":3"), std::string::npos) << streamed.body;
  EXPECT_TRUE(streamed.body.ends_with("data: [DONE]\n\n"));
  EXPECT_EQ(streamed.header("idempotency-replayed"), "true");
  EXPECT_EQ(count_turns(*server), 2U);
}

TEST_P(TurnRulesTest, AResponseSentAgainIsTheSame) {
  upstream.always([](Exchange& exchange) { exchange.reply(200, completion_of("hi")); });
  const auto server = start();
  const char* body = R"({"model":"m","input":"hello"})";
  const HttpResponse first = post(*server, body, kKey, "/v1/responses");
  EXPECT_EQ(first.status, 200) << first.body;
  const HttpResponse again = post(*server, body, kKey, "/v1/responses");
  EXPECT_EQ(again.json().at("id"), first.json().at("id"));
  EXPECT_EQ(again.json().at("output"), first.json().at("output"));
  EXPECT_EQ(again.header("idempotency-replayed"), "true");
  EXPECT_EQ(post(*server, R"({"model":"m","input":"other"})", kKey, "/v1/responses").status, 422);
  EXPECT_EQ(upstream.requests().size(), 1U);
}

TEST_P(TurnRulesTest, ASecondQuestionWaitsForTheFirst) {
  answer_when_told("one");
  upstream.then([](Exchange& exchange) { exchange.reply(200, completion_of("two")); });
  const auto server = start();
  auto first = std::async([&] { return post(*server, kBody, ""); });
  asked.get_future().wait();
  auto second = std::async([&] { return post(*server, kBody, ""); });
  const HttpResponse other = post(*server, R"({"session_id":"t","message":"hello"})", "");
  EXPECT_EQ(other.json().at("answer"), "two") << "another session does not wait";
  upstream.then([](Exchange& exchange) { exchange.reply(200, completion_of("three")); });
  go_on.set_value();
  EXPECT_EQ(first.get().json().at("question_count"), 1);
  EXPECT_EQ(second.get().json().at("question_count"), 2);
  const auto asked_last = boost::json::parse(upstream.requests().back().body).at("messages");
  EXPECT_EQ(asked_last.at(1).at("content"), "one") << "it knows the answer before it";
}

TEST_P(TurnRulesTest, ASecondQuestionCanBeRefusedInstead) {
  answer_when_told("one");
  const auto server = start();
  auto first = std::async([&] { return post(*server, kBody, ""); });
  asked.get_future().wait();
  const HttpResponse refused =
      post(*server, R"({"session_id":"s","message":"hello","on_busy":"reject"})", "");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(code_of(refused), "conversation_locked");
  EXPECT_EQ(code_of(post(*server, kCompletion, "X-On-Busy: reject\r\n", "/v1/chat/completions")),
            "conversation_locked");
  go_on.set_value();
  EXPECT_EQ(first.get().status, 200);
  EXPECT_EQ(post(*server, R"({"session_id":"s","message":"x","on_busy":"later"})", "")
                .json()
                .at("error")
                .at("param"),
            "on_busy");
}

TEST_P(TurnRulesTest, AWholeAnswerCanBeCancelled) {
  answer_when_told("late");
  const auto server = start();
  auto first = std::async([&] { return post(*server, kBody, ""); });
  asked.get_future().wait();
  EXPECT_EQ(server->client().post("/sessions/s/cancel", boost::json::object{}).json().at("cancelled"), 1);
  EXPECT_EQ(code_of(first.get()), "cancelled");
  go_on.set_value();
  EXPECT_EQ(count_turns(*server), 0U);
}

INSTANTIATE_TEST_SUITE_P(On, TurnRulesTest, ::testing::Values(kNothingInstalled, kRedisAndMySql),
                         combination_name);

/// Two instances on one Redis and one MariaDB.
class TurnRulesOfTwoTest : public TurnRulesTest {
 protected:
  void start_both(const Environment& more = {}) {
    a = start(more);
    b = start(more);
  }

  std::unique_ptr<ChatsyncProcess> a;
  std::unique_ptr<ChatsyncProcess> b;
};

TEST_P(TurnRulesOfTwoTest, TheSameRequestAtBothIsOneTurn) {
  answer_when_told("hi");
  start_both();
  auto first = std::async([&] { return post(*a); });
  asked.get_future().wait();
  auto second = std::async([&] { return post(*b); });
  go_on.set_value();
  const HttpResponse one = first.get();
  const HttpResponse two = second.get();
  EXPECT_EQ(one.status, 200) << one.body;
  EXPECT_EQ(two.body, one.body);
  EXPECT_EQ(upstream.requests().size(), 1U);
  EXPECT_EQ(count_turns(*a), 1U);
}

TEST_P(TurnRulesOfTwoTest, ASecondQuestionWaitsForTheFirstOrIsRefused) {
  answer_when_told("one");
  start_both();
  auto first = std::async([&] { return post(*a, kBody, ""); });
  asked.get_future().wait();
  EXPECT_EQ(code_of(post(*b, R"({"session_id":"s","message":"hello","on_busy":"reject"})", "")),
            "conversation_locked");
  upstream.then([](Exchange& exchange) { exchange.reply(200, completion_of("two")); });
  auto second = std::async([&] { return post(*b, kBody, ""); });
  go_on.set_value();
  EXPECT_EQ(first.get().json().at("question_count"), 1);
  EXPECT_EQ(second.get().json().at("question_count"), 2);
  EXPECT_EQ(boost::json::parse(upstream.requests().back().body).at("messages").at(1).at("content"), "one");
}

TEST_P(TurnRulesOfTwoTest, AStreamGoesOnAtTheOther) {
  stream_in_two("Xin ", "chào bạn");
  start_both();
  HttpClient first = a->client();
  first.send(request_bytes("POST /chat", "", kStreamed));
  const std::string events = first.read_until("\"text\":\"Xin \"}\n\n");
  const std::string turn_id(data_of(events, "start").at("turn_id").as_string());
  first.abort();

  HttpClient other = b->client();
  const std::string resume = "GET /sessions/s/turns/" + turn_id + "/stream";
  other.send(request_bytes(resume, "Last-Event-ID: " + turn_id + ":2\r\n"));
  std::string rest = other.read_until("\"text\":\"n \"}\n\n");
  go_on.set_value();
  rest += other.read_until("event: done") + other.read_until("\n\n");
  EXPECT_EQ(text_of(rest), "n chào bạn");
  EXPECT_EQ(data_of(rest, "done").at("answer"), "Xin chào bạn");
  EXPECT_EQ(data_of(rest, "done").at("question_count"), 1);
}

TEST_P(TurnRulesOfTwoTest, AStreamSentAgainIsReadAlongAtTheOther) {
  stream_in_two("Xin ", "chào");
  start_both();
  HttpClient first = a->client();
  first.send(request_bytes("POST /chat", kKey, kStreamed));
  first.read_until("\"text\":\"Xin \"}\n\n");
  HttpClient second = b->client();
  second.send(request_bytes("POST /chat", kKey, kStreamed));
  std::string events = second.read_until("\"text\":\"Xin \"}\n\n");
  go_on.set_value();
  events += second.read_until("event: done") + second.read_until("\n\n");
  EXPECT_EQ(text_of(events), "Xin chào");
  EXPECT_EQ(upstream.requests().size(), 1U);
}

TEST_P(TurnRulesOfTwoTest, AnAnswerIsCancelledFromTheOther) {
  stream_in_two("half", "never sent");
  start_both();
  HttpClient client = a->client();
  client.send(request_bytes("POST /chat", "", kStreamed));
  client.read_until("\"text\":\"half\"}\n\n");
  EXPECT_EQ(b->client().post("/sessions/s/cancel", boost::json::object{}).json().at("cancelled"), 1);
  client.read_until("\"code\":\"cancelled\"");
  EXPECT_EQ(count_turns(*b), 1U);
  EXPECT_EQ(b->client().post("/sessions/s/cancel", boost::json::object{}).json().at("cancelled"), 0);
  go_on.set_value();

  std::promise<void> second_asked;
  std::promise<void> second_ends;
  upstream.then([&](Exchange& exchange) {
    second_asked.set_value();
    second_ends.get_future().wait();
    exchange.reply(200, completion_of("late"));
  });
  auto whole = std::async([&] { return post(*a, kBody, ""); });
  second_asked.get_future().wait();
  EXPECT_EQ(b->client().post("/sessions/s/cancel", boost::json::object{}).json().at("cancelled"), 1);
  EXPECT_EQ(code_of(whole.get()), "cancelled");
  second_ends.set_value();
}

INSTANTIATE_TEST_SUITE_P(On, TurnRulesOfTwoTest, ::testing::Values(kRedisAndMySql), combination_name);

}  // namespace
}  // namespace chatsync::test
