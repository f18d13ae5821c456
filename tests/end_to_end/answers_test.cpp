#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <future>

#include "end_to_end/world.hpp"
#include "support/scripted_upstream.hpp"

namespace chatsync::test {
namespace {

using Exchange = ScriptedUpstream::Exchange;

class AnswersTest : public ::testing::Test {
 protected:
  std::unique_ptr<ChatsyncProcess> start(Environment more = {}) {
    more.try_emplace("LLM_BASE_URL", upstream.base_url());
    more.try_emplace("LLM_MODEL", "small");
    more.try_emplace("LLM_API_KEY", "sk-secret");
    return world.start(std::move(more));
  }

  HttpResponse ask(const std::string& message) {
    return server->client().post("/chat", {{"session_id", "s"}, {"message", message}});
  }

  std::string code_of(const HttpResponse& response) {
    return std::string(response.json().at("error").at("code").as_string());
  }

  World world{kNothingInstalled};
  ScriptedUpstream upstream;
  std::unique_ptr<ChatsyncProcess> server;
};

TEST_F(AnswersTest, AnswersByTheModelServerAndRemembers) {
  upstream.then([](Exchange& exchange) { exchange.reply(200, completion_of("hi", "small-1")); });
  upstream.then([](Exchange& exchange) { exchange.reply(200, completion_of("you said hello", "small-1")); });
  server = start({{"LLM_SYSTEM_PROMPT", "Be brief."}});
  EXPECT_EQ(ask("hello").json().at("answer"), "hi");
  EXPECT_EQ(ask("what did I say?").json().at("answer"), "you said hello");
  const auto request = upstream.requests().at(1);
  EXPECT_EQ(request.headers.at("authorization"), "Bearer sk-secret");
  EXPECT_EQ(boost::json::parse(request.body), boost::json::parse(R"({"model":"small","messages":[
      {"role":"system","content":"Be brief."},
      {"role":"user","content":"hello"},{"role":"assistant","content":"hi"},
      {"role":"user","content":"what did I say?"}]})"));
  HttpClient client = server->client();
  const auto messages = get_json(client, "/sessions/s/messages").at("messages").as_array();
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[1].at("answer"), "you said hello");
  EXPECT_EQ(messages[1].at("model"), "small-1");
  EXPECT_EQ(messages[1].at("details").at("completion_tokens"), 5);
}

TEST_F(AnswersTest, RecordsNoTurnWithoutAnAnswer) {
  server = start({{"LLM_TIMEOUT", "1"}});
  upstream.then([](Exchange& exchange) {
    exchange.reply(400,
                   R"({"error":{"message":"too long","param":"messages","code":"context_length_exceeded"}})");
  });
  const HttpResponse refused = ask("1");
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(code_of(refused), "context_length_exceeded");
  EXPECT_EQ(refused.json().at("error").at("type"), "invalid_request_error");

  upstream.then([](Exchange& exchange) { exchange.reply(429, "{}", "Retry-After: 30\r\n"); });
  const HttpResponse limited = ask("2");
  EXPECT_EQ(limited.status, 429);
  EXPECT_EQ(limited.header("retry-after"), "30");
  EXPECT_EQ(limited.json().at("error").at("type"), "rate_limit_error");

  upstream.then([](Exchange& exchange) { exchange.reply(200, "<html>"); });
  const HttpResponse bad = ask("3");
  EXPECT_EQ(bad.status, 502);
  EXPECT_EQ(code_of(bad), "model_bad_reply");

  upstream.then([](Exchange& exchange) { exchange.hang(); });
  const HttpResponse slow = ask("4");
  EXPECT_EQ(slow.status, 504);
  EXPECT_EQ(code_of(slow), "model_timeout");

  EXPECT_EQ(server->client().get("/sessions/s/messages").status, 404);
}

TEST_F(AnswersTest, SaysThatTheModelServerIsNotThere) {
  server = start({{"LLM_BASE_URL", "http://127.0.0.1:1/v1"}, {"LLM_TIMEOUT", "0.5"}});
  const HttpResponse response = ask("hello");
  EXPECT_EQ(response.status, 502);
  EXPECT_EQ(code_of(response), "model_unreachable");
}

TEST_F(AnswersTest, GoesThroughTheProxyOfTheEnvironment) {
  upstream.then([](Exchange& exchange) { exchange.reply(200, completion_of("by proxy")); });
  server = start({{"LLM_BASE_URL", "http://model.invalid/v1"},
                  {"http_proxy", "http://127.0.0.1:" + std::to_string(upstream.port())},
                  {"no_proxy", ""}});
  EXPECT_EQ(ask("hello").json().at("answer"), "by proxy");
  EXPECT_EQ(upstream.requests().at(0).target, "http://model.invalid/v1/chat/completions");
}

TEST_F(AnswersTest, ShutsDownInTimeThoughTheModelServerHangs) {
  std::promise<void> asked;
  upstream.then([&](Exchange& exchange) {
    asked.set_value();
    exchange.hang();
  });
  server = start({{"SHUTDOWN_TIMEOUT", "2"}});
  HttpClient client = server->client();
  client.send(
      "POST /chat HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n"
      R"({"message":"x"})");
  asked.get_future().wait();
  EXPECT_EQ(server->stop(), 0) << server->standard_error();
}

TEST_F(AnswersTest, NeverShowsTheKey) {
  upstream.always([](Exchange& exchange) { exchange.reply(401, R"({"error":{"message":"who is that?"}})"); });
  server = start({{"LOG_LEVEL", "debug"}});
  const HttpResponse response = ask("hello");
  EXPECT_EQ(response.status, 502);
  EXPECT_EQ(response.body.find("sk-secret"), std::string::npos);
  server->stop();
  EXPECT_EQ(server->standard_error().find("sk-secret"), std::string::npos);
  const CommandOutcome shown =
      run_chatsync({.environment = {{"LLM_API_KEY", "sk-secret"}, {"LLM_BASE_URL", "http://h/v1"}},
                    .arguments = {"--print-config"}});
  EXPECT_NE(shown.standard_output.find("LLM_API_KEY=***"), std::string::npos);
  EXPECT_EQ(shown.standard_output.find("sk-secret"), std::string::npos);
}

}  // namespace
}  // namespace chatsync::test
