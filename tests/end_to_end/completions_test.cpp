#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <future>

#include "end_to_end/world.hpp"
#include "support/eventually.hpp"
#include "support/scripted_upstream.hpp"

namespace chatsync::test {
namespace {

using Exchange = ScriptedUpstream::Exchange;

constexpr const char* kPath = "/v1/chat/completions";
constexpr const char* kSession = "X-Session-Id: s\r\n";

std::string question(const std::string& text, bool streamed = false) {
  return boost::json::serialize(boost::json::object{
      {"model", "small"},
      {"stream", streamed},
      {"messages", boost::json::array{boost::json::object{{"role", "user"}, {"content", text}}}}});
}

std::string post_bytes(const std::string& body, const std::string& header_lines) {
  return std::string("POST ") + kPath + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" +
         header_lines + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class CompletionsTest : public ::testing::Test {
 protected:
  void start(Environment more = {}) {
    more.try_emplace("LLM_BASE_URL", upstream.base_url());
    server = world.start(std::move(more));
  }

  HttpResponse post(const std::string& body, const std::string& header_lines = kSession) {
    return server->client().request("POST", kPath, body, header_lines);
  }

  boost::json::array turns() {
    const HttpResponse response = server->client().get("/sessions/s/messages");
    return response.status == 200 ? response.json().at("messages").as_array() : boost::json::array{};
  }

  /// Has the upstream stream one piece, wait for `between`, and stream the other.
  void stream_in_two(const char* first, std::promise<void>& between, const char* second) {
    upstream.then(two_pieces(first, between, second));
  }

  World world{kNothingInstalled};
  ScriptedUpstream upstream;
  std::unique_ptr<ChatsyncProcess> server;
};

TEST_F(CompletionsTest, ArePassedThroughUntouchedWithoutASession) {
  upstream.then([](Exchange& exchange) { exchange.reply(200, "{ \"any\": 1.0 }"); });
  start();
  const std::string body =
      "{\"messages\": [{\"role\":\"user\",\"content\":\"x\"}],\"temperature\":0.10,\"odd\":[]}";
  EXPECT_EQ(post(body, "").body, "{ \"any\": 1.0 }");
  EXPECT_EQ(upstream.requests().at(0).body, body);
  EXPECT_TRUE(turns().empty());
}

TEST_F(CompletionsTest, RememberASessionOverARestart) {
  upstream.always([](Exchange& exchange) { exchange.reply(200, completion_of("hi")); });
  start();
  EXPECT_EQ(post(question("one")).body, completion_of("hi"));
  server->stop();
  server->start_again();
  EXPECT_EQ(post(question("two")).status, 200);
  EXPECT_EQ(boost::json::parse(upstream.requests().at(1).body).at("messages"),
            boost::json::parse(R"([{"role":"user","content":"one"},{"role":"assistant","content":"hi"},
                                   {"role":"user","content":"two"}])"));
  ASSERT_EQ(turns().size(), 2U);
  EXPECT_EQ(turns()[1].at("question"), "two");
  EXPECT_EQ(turns()[1].at("model"), "scripted");
}

TEST_F(CompletionsTest, TakeTheSessionFromTheMetadataAndItsUser) {
  upstream.always([](Exchange& exchange) { exchange.reply(200, completion_of("hi")); });
  start();
  const std::string body =
      R"({"model":"m","user":"ann","metadata":{"session_id":"s"},"messages":[{"role":"user","content":"x"}]})";
  EXPECT_EQ(post(body, "").status, 200);
  EXPECT_EQ(upstream.requests().at(0).body, body);
  HttpClient client = server->client();
  EXPECT_EQ(get_json(client, "/sessions/s").at("user_id"), "ann");
  EXPECT_EQ(post(body, "X-Session-Id: a/b\r\n").json().at("error").at("param"), "X-Session-Id");
}

TEST_F(CompletionsTest, StreamChunkByChunkAndRecordBeforeDone) {
  std::promise<void> seen;
  stream_in_two("Xin ", seen, "chào");
  start();
  HttpClient client = server->client();
  client.send(post_bytes(question("hello", true), kSession));
  EXPECT_NE(client.read_until(chunk_of("Xin ")).find("Content-Type: text/event-stream"), std::string::npos);
  EXPECT_TRUE(turns().empty());
  seen.set_value();
  client.read_until("data: [DONE]\n\n");
  ASSERT_EQ(turns().size(), 1U);
  EXPECT_EQ(turns()[0].at("answer"), "Xin chào");
  EXPECT_EQ(turns()[0].at("status"), "complete");
}

TEST_F(CompletionsTest, RecordAnAnswerThoughItsClientHungUp) {
  std::promise<void> hung_up;
  stream_in_two("a", hung_up, "b");
  start();
  {
    HttpClient client = server->client();
    client.send(post_bytes(question("hello", true), kSession));
    client.read_until(chunk_of("a"));
    client.abort();
  }
  hung_up.set_value();
  ASSERT_TRUE(eventually([&] { return turns().size() == 1; }));
  EXPECT_EQ(turns()[0].at("answer"), "ab");
  EXPECT_EQ(turns()[0].at("status"), "complete");
}

TEST_F(CompletionsTest, RecordTokensAndToolCallsInTheStore) {
  const std::string call = R"({"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}})";
  upstream.then([&](Exchange& exchange) {
    exchange.reply(
        200, R"({"model":"m","choices":[{"message":{"role":"assistant","content":null,"tool_calls":[)" +
                 call +
                 R"(]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":7,"completion_tokens":9}})");
  });
  start();
  EXPECT_EQ(post(question("sum?")).status, 200);
  EXPECT_EQ(turns().at(0).at("details").at("message").at("tool_calls").at(0), boost::json::parse(call));
  HttpClient client = server->client();
  sync_now(client);
  EXPECT_EQ(turns().at(0).at("details").at("finish_reason"), "tool_calls");
  EXPECT_EQ(world.rows("SELECT finish_reason, prompt_tokens, completion_tokens FROM chat_messages"),
            (std::vector<SqlRow>{{std::string("tool_calls"), std::string("7"), std::string("9")}}));
}

TEST_F(CompletionsTest, SayThatAnAnswerBrokeOffAndKeepItsPart) {
  upstream.then([](Exchange& exchange) {
    exchange.begin_stream();
    exchange.event(chunk_of("half"));
    exchange.cut();
  });
  start();
  const HttpResponse response = post(question("hello", true));
  EXPECT_EQ(response.status, 200);
  EXPECT_NE(response.body.find("data: {\"error\":{"), std::string::npos);
  EXPECT_EQ(response.body.find("[DONE]"), std::string::npos);
  ASSERT_EQ(turns().size(), 1U);
  EXPECT_EQ(turns()[0].at("answer"), "half");
  EXPECT_EQ(turns()[0].at("status"), "incomplete");
}

TEST_F(CompletionsTest, CanBeCancelled) {
  upstream.then([](Exchange& exchange) {
    exchange.begin_stream();
    exchange.event(chunk_of("half"));
    exchange.hang();
  });
  start();
  HttpClient client = server->client();
  client.send(post_bytes(question("hello", true), kSession));
  client.read_until(chunk_of("half"));
  const HttpResponse cancelled = server->client().post("/sessions/s/cancel", boost::json::object{});
  EXPECT_EQ(cancelled.json().at("cancelled"), 1);
  client.read_until("\"code\":\"cancelled\"");
  ASSERT_EQ(turns().size(), 1U);
  EXPECT_EQ(turns()[0].at("status"), "incomplete");
}

TEST_F(CompletionsTest, AnswerWithAStatusWhatFailsBeforeAnythingIsSent) {
  upstream.then([](Exchange& exchange) { exchange.reply(404, R"({"error":{"message":"no such model"}})"); });
  start();
  const HttpResponse response = post(question("hello", true));
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.json().at("error").at("message"), "no such model");
  EXPECT_TRUE(turns().empty());
}

TEST_F(CompletionsTest, KeepThePartOfAnAnswerThatTheShutdownBreaksOff) {
  upstream.then([](Exchange& exchange) {
    exchange.begin_stream();
    exchange.event(chunk_of("half"));
    exchange.hang();
  });
  start({{"SHUTDOWN_TIMEOUT", "4"}});
  HttpClient client = server->client();
  client.send(post_bytes(question("hello", true), kSession));
  client.read_until(chunk_of("half"));
  EXPECT_EQ(server->stop(), 0) << server->standard_error();
  EXPECT_EQ(world.rows("SELECT answer, status FROM chat_messages"),
            (std::vector<SqlRow>{{std::string("half"), std::string("incomplete")}}));
}

TEST_F(CompletionsTest, AreAnsweredByTheEchoWithoutAModelServer) {
  server = world.start();
  const HttpResponse response = post(question("hello", true));
  EXPECT_EQ(response.status, 200);
  EXPECT_TRUE(response.body.ends_with("data: [DONE]\n\n")) << response.body;
  EXPECT_EQ(turns().at(0).at("answer"), "Echo: hello");
  HttpClient client = server->client();
  EXPECT_EQ(get_json(client, "/v1/models").at("object"), "list");
}

TEST_F(CompletionsTest, PassTheModelsThrough) {
  upstream.then([](Exchange& exchange) { exchange.reply(200, R"({"object":"list","data":[{"id":"x"}]})"); });
  start();
  EXPECT_EQ(server->client().get("/v1/models").body, R"({"object":"list","data":[{"id":"x"}]})");
}

}  // namespace
}  // namespace chatsync::test
