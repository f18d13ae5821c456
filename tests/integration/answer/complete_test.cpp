#include "integration/answer/answer_fixture.hpp"

namespace chatsync::answer {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class CompleteTest : public AnswerFixture {
 protected:
  Result<std::string> complete(std::string body = "{}") { return await(server->complete(std::move(body))); }

  Error failure_of_complete() {
    const auto result = complete();
    EXPECT_FALSE(result);
    return result ? Error{} : result.error();
  }
};

void answers(test::ScriptedUpstream::Exchange& exchange) { exchange.reply(200, test::completion_of("fine")); }

TEST_F(CompleteTest, PassesBodiesThroughUntouched) {
  upstream.then([](Exchange& exchange) { exchange.reply(200, "{ \"odd\" :1.0 }"); });
  start();
  EXPECT_EQ(complete("{\"model\": \"m\",  \"x\":1.50}"), "{ \"odd\" :1.0 }");
  const auto request = upstream.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/v1/chat/completions");
  EXPECT_EQ(request.body, "{\"model\": \"m\",  \"x\":1.50}");
  EXPECT_EQ(request.headers.at("authorization"), "Bearer sk-test");
  EXPECT_EQ(request.headers.at("content-type"), "application/json");
}

TEST_F(CompleteTest, AsksForTheModels) {
  upstream.then([](Exchange& exchange) { exchange.reply(200, R"({"object":"list","data":[]})"); });
  start();
  EXPECT_EQ(await(server->models()), R"({"object":"list","data":[]})");
  EXPECT_EQ(upstream.requests().at(0).method, "GET");
  EXPECT_EQ(upstream.requests().at(0).target, "/v1/models");
}

TEST_F(CompleteTest, UsesConnectionsAgain) {
  upstream.always(answers);
  start();
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(complete());
  EXPECT_EQ(upstream.connections(), 1U);
}

TEST_F(CompleteTest, SendsALargeBodyWithoutAskingFirst) {
  upstream.then(answers);
  start();
  const std::string body(3'000'000, 'x');
  EXPECT_TRUE(complete(body));
  EXPECT_EQ(upstream.requests().at(0).body.size(), body.size());
  EXPECT_FALSE(upstream.requests().at(0).headers.contains("expect"));
}

TEST_F(CompleteTest, TakesAnAnswerThatComesByAByteAtATime) {
  upstream.then([](Exchange& exchange) {
    const std::string body = test::completion_of("slowly");
    exchange.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
    for (const char byte : body) exchange.send({&byte, 1});
  });
  start();
  EXPECT_EQ(complete(), test::completion_of("slowly"));
}

TEST_F(CompleteTest, AsksAgainAfterAFailureThatMayPass) {
  upstream.then([](Exchange& exchange) { exchange.reply(503, "{}"); });
  upstream.then([](Exchange& exchange) { exchange.cut(); });
  upstream.then(answers);
  start();
  EXPECT_TRUE(complete());
  EXPECT_EQ(upstream.requests().size(), 3U);
  // What is cut on a connection used again, libcurl repeats by itself and at once.
  EXPECT_EQ(pauses.size(), 1U);
}

TEST_F(CompleteTest, GivesUpAfterSomeAttempts) {
  upstream.always([](Exchange& exchange) { exchange.reply(500, R"({"error":{"message":"oops"}})"); });
  start();
  const Error error = failure_of_complete();
  EXPECT_EQ(error.kind, ErrorKind::model_failed);
  EXPECT_NE(error.message.find("oops"), std::string::npos);
  EXPECT_EQ(upstream.requests().size(), 3U);
}

TEST_F(CompleteTest, WaitsAsLongAsTheServerAsks) {
  upstream.then([](Exchange& exchange) { exchange.reply(429, "{}", "Retry-After: 20\r\n"); });
  upstream.then(answers);
  start();
  EXPECT_TRUE(complete());
  EXPECT_EQ(pauses, std::vector{milliseconds(20'000)});
}

TEST_F(CompleteTest, HandsARateLimitOnThatOutlastsTheTimeForAnAnswer) {
  upstream.always([](Exchange& exchange) { exchange.reply(429, "{}", "Retry-After: 4000\r\n"); });
  start();
  const Error error = failure_of_complete();
  EXPECT_EQ(error.status, 429);
  EXPECT_EQ(error.retry_after_s, 4'000);
  EXPECT_EQ(upstream.requests().size(), 1U);
}

TEST_F(CompleteTest, DoesNotRepeatWhatTheServerSaysIsFinal) {
  upstream.then([](Exchange& exchange) {
    exchange.reply(429, R"({"error":{"message":"no money","code":"insufficient_quota"}})",
                   "x-should-retry: false\r\n");
  });
  start();
  EXPECT_EQ(failure_of_complete().code, "insufficient_quota");
  EXPECT_EQ(upstream.requests().size(), 1U);
}

TEST_F(CompleteTest, HandsARefusalOnAtOnce) {
  upstream.then([](Exchange& exchange) {
    exchange.reply(400, R"({"error":{"message":"bad","param":"messages","code":"c"}})");
  });
  start();
  const Error error = failure_of_complete();
  EXPECT_EQ(error.kind, ErrorKind::model_refused);
  EXPECT_EQ(error.status, 400);
  EXPECT_EQ(error.param, "messages");
  EXPECT_EQ(upstream.requests().size(), 1U);
}

TEST_F(CompleteTest, DoesNotRepeatAnAnswerThatHadBegun) {
  upstream.then([](Exchange& exchange) {
    exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"choices\"");
    exchange.cut();
  });
  start();
  EXPECT_EQ(failure_of_complete().kind, ErrorKind::model_failed);
  EXPECT_EQ(upstream.requests().size(), 1U);
}

TEST_F(CompleteTest, EndsAnAnswerThatTakesTooLong) {
  upstream.then([](Exchange& exchange) {
    exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{");
    exchange.hang();
  });
  OpenAiOptions given = options();
  given.timeout = milliseconds(300);
  start(given);
  EXPECT_EQ(failure_of_complete().kind, ErrorKind::model_timeout);
}

TEST_F(CompleteTest, EndsTheWaitForAServerThatSaysNothing) {
  upstream.always([](Exchange& exchange) { exchange.hang(); });
  OpenAiOptions given = options();
  given.timeout = milliseconds(300);
  start(given);
  EXPECT_EQ(failure_of_complete().kind, ErrorKind::model_timeout);
}

TEST_F(CompleteTest, EndsAnAnswerThatIsTooLarge) {
  upstream.then([](Exchange& exchange) { exchange.reply(200, std::string(100'000, 'x')); });
  OpenAiOptions given = options();
  given.max_reply_bytes = 50'000;
  start(given);
  const Error error = failure_of_complete();
  EXPECT_EQ(error.kind, ErrorKind::model_failed);
  EXPECT_EQ(error.code, "model_bad_reply");
}

TEST_F(CompleteTest, FailsOnWhatIsNoHttp) {
  upstream.always([](Exchange& exchange) {
    exchange.send("SSH-2.0-OpenSSH\r\n\r\n");
    exchange.cut();
  });
  start();
  EXPECT_EQ(failure_of_complete().kind, ErrorKind::model_failed);
}

TEST_F(CompleteTest, SaysThatNobodyIsThere) {
  std::uint16_t port = 0;
  {
    const test::ScriptedUpstream gone;
    port = gone.port();
  }
  start({.base_url = "http://127.0.0.1:" + std::to_string(port) + "/v1"});
  const Error error = failure_of_complete();
  EXPECT_EQ(error.kind, ErrorKind::model_failed);
  EXPECT_EQ(error.code, "model_unreachable");
  EXPECT_EQ(pauses.size(), 2U);
}

TEST_F(CompleteTest, DoesNotFollowARedirect) {
  upstream.then([](Exchange& exchange) { exchange.reply(307, "", "Location: http://127.0.0.1:1/\r\n"); });
  start();
  EXPECT_EQ(failure_of_complete().kind, ErrorKind::model_failed);
}

}  // namespace
}  // namespace chatsync::answer
