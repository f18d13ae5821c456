// POST /chat with "stream": true, and streams that are taken up again.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <future>

#include "end_to_end/stream_events.hpp"
#include "end_to_end/world.hpp"
#include "support/eventually.hpp"
#include "support/scripted_upstream.hpp"

namespace chatsync::test {
namespace {

using Exchange = ScriptedUpstream::Exchange;

constexpr const char* kBody = R"({"session_id":"s","message":"hello","stream":true})";

class ChatStreamTest : public ::testing::TestWithParam<Combination> {
 protected:
  void start(Environment more = {}) {
    more.try_emplace("LLM_BASE_URL", upstream.base_url());
    more.try_emplace("HTTP_THREADS", "2");
    server = world.start(std::move(more));
  }

  HttpResponse post(const std::string& body = kBody) {
    return server->client().request("POST", "/chat", body);
  }

  std::string resume_target(const std::string& turn_id) { return "/sessions/s/turns/" + turn_id + "/stream"; }

  HttpResponse resume(const std::string& turn_id, const std::string& header_lines = {}) {
    return server->client().request("GET", resume_target(turn_id), {}, header_lines);
  }

  boost::json::array turns() {
    const HttpResponse response = server->client().get("/sessions/s/messages");
    return response.status == 200 ? response.json().at("messages").as_array() : boost::json::array{};
  }

  /// Has the upstream stream one piece, wait for `between`, and stream the other.
  void stream_in_two(const char* first, std::promise<void>& between, const char* second) {
    upstream.then(two_pieces(first, between, second));
  }

  World world{GetParam()};
  ScriptedUpstream upstream;
  std::unique_ptr<ChatsyncProcess> server;
};

TEST_P(ChatStreamTest, SendsTheTextAsItComesAndTheReplyWhenItIsRecorded) {
  std::promise<void> seen;
  stream_in_two("Xin ", seen, "chào");
  start();
  HttpClient client = server->client();
  client.send(request_bytes("POST /chat", "", kBody));
  std::string events = client.read_until("\"text\":\"Xin \"}\n\n");
  const std::string turn_id(data_of(events, "start").at("turn_id").as_string());
  EXPECT_EQ(data_of(events, "start").at("session_id"), "s");
  EXPECT_TRUE(turns().empty());
  seen.set_value();
  events += client.read_until("event: done");
  ASSERT_EQ(turns().size(), 1U);
  events += client.read_until("\n\n");
  EXPECT_EQ(text_of(events), "Xin chào");
  const boost::json::object done = data_of(events, "done");
  EXPECT_EQ(done.at("turn_id"), boost::json::value(turn_id));
  EXPECT_EQ(done.at("question_count"), 1);
  EXPECT_EQ(done.at("answer"), "Xin chào");
  EXPECT_EQ(done.at("durability"), "cached");
  EXPECT_EQ(turns()[0].at("turn_id"), boost::json::value(turn_id));
  EXPECT_NE(events.find("id: " + turn_id + ":9\nevent: done"), std::string::npos) << events;
}

TEST_P(ChatStreamTest, MakesASessionAndSaysDoneAfterTheCommitIfAskedTo) {
  server = world.start();
  const std::string events =
      post(R"({"message":"hello","stream":true,"durability":"synced","user_id":"ann"})").body;
  EXPECT_EQ(text_of(events), "Echo: hello");
  EXPECT_EQ(data_of(events, "done").at("durability"), "synced");
  const std::string session_id(data_of(events, "start").at("session_id").as_string());
  EXPECT_EQ(world.rows("SELECT session_id, user_id, answer FROM chat_messages"),
            (std::vector<SqlRow>{{session_id, std::string("ann"), std::string("Echo: hello")}}));
}

TEST_P(ChatStreamTest, PutsHistoryAndSystemPromptBeforeTheQuestion) {
  upstream.always([](Exchange& exchange) {
    if (exchange.request().body.find("\"stream\":true") == std::string::npos) {
      return exchange.reply(200, completion_of("first"));
    }
    exchange.begin_stream();
    exchange.event(chunk_of("second"));
    exchange.event(last_chunk());
    exchange.event("[DONE]");
    exchange.end_stream();
  });
  start({{"LLM_SYSTEM_PROMPT", "Be kind."}, {"LLM_MODEL", "small"}});
  post(R"({"session_id":"s","message":"one"})");
  EXPECT_EQ(data_of(post().body, "done").at("question_count"), 2);
  EXPECT_EQ(boost::json::parse(upstream.requests().at(1).body).at("messages"),
            boost::json::parse(R"([{"role":"system","content":"Be kind."},{"role":"user","content":"one"},
                {"role":"assistant","content":"first"},{"role":"user","content":"hello"}])"));
}

TEST_P(ChatStreamTest, TellsOfAnAnswerThatBrokeOffAndKeepsItsPart) {
  upstream.then([](Exchange& exchange) {
    exchange.begin_stream();
    exchange.event(chunk_of("half"));
    exchange.cut();
  });
  start();
  const std::string events = post().body;
  EXPECT_EQ(text_of(events), "half");
  EXPECT_EQ(data_of(events, "error").at("error").at("type"), "server_error");
  ASSERT_EQ(turns().size(), 1U);
  EXPECT_EQ(turns()[0].at("status"), "incomplete");

  const std::string turn_id(data_of(events, "start").at("turn_id").as_string());
  const std::string again = resume(turn_id).body;
  EXPECT_EQ(text_of(again), "half");
  EXPECT_EQ(data_of(again, "error").at("error").at("code"), "answer_incomplete");
}

TEST_P(ChatStreamTest, GoesOnBehindWhatTheClientHasWhileTheAnswerRuns) {
  std::promise<void> lost;
  stream_in_two("Xin ", lost, "chào bạn");
  start();
  std::string turn_id;
  {
    HttpClient client = server->client();
    client.send(request_bytes("POST /chat", "", kBody));
    turn_id = data_of(client.read_until("\"text\":\"Xin \"}\n\n"), "start").at("turn_id").as_string();
    client.abort();
  }
  // On connections of all threads, of which one has the answer.
  std::vector<HttpClient> readers;
  for (int reader = 0; reader < 4; ++reader) {
    readers.push_back(server->client());
    readers.back().send(
        request_bytes("GET " + resume_target(turn_id), "Last-Event-ID: " + turn_id + ":4\r\n"));
    readers.back().read_until("event: start");
  }
  lost.set_value();
  for (HttpClient& reader : readers) {
    const std::string events = reader.read_until("event: done") + reader.read_until("\n\n");
    EXPECT_EQ(text_of(events), "chào bạn");
    EXPECT_EQ(data_of(events, "done").at("answer"), "Xin chào bạn");
  }
}

TEST_P(ChatStreamTest, GoesOnFromTheRecordedTurnAlsoAfterARestart) {
  std::promise<void> seen;
  seen.set_value();
  stream_in_two("Xin ", seen, "chào bạn");
  start();
  const std::string whole = post().body;
  const std::string turn_id(data_of(whole, "start").at("turn_id").as_string());
  EXPECT_EQ(text_of(resume(turn_id, "Last-Event-ID: " + turn_id + ":4\r\n").body), "chào bạn");
  EXPECT_EQ(text_of(resume(turn_id, "Last-Event-ID: " + turn_id + ":7\r\n").body), "ào bạn")
      << "within a character it goes on with that character";
  HttpClient client = server->client();
  sync_now(client);
  server->stop();
  server->start_again();
  const std::string events = resume(turn_id, "Last-Event-ID: " + turn_id + ":4\r\n").body;
  EXPECT_EQ(text_of(events), "chào bạn");
  EXPECT_EQ(data_of(events, "done"), data_of(whole, "done"));
}

TEST_P(ChatStreamTest, RefusesWhatNamesNoTurnOrAnotherOne) {
  server = world.start();
  const std::string turn_id(data_of(post().body, "start").at("turn_id").as_string());
  EXPECT_EQ(resume("another").status, 404);
  EXPECT_EQ(resume("another").json().at("error").at("code"), "turn_not_found");
  EXPECT_EQ(server->client().get("/sessions/t/turns/" + turn_id + "/stream").status, 404);
  for (const std::string id : {"another:0", ":0", "x"}) {
    EXPECT_EQ(resume(turn_id, "Last-Event-ID: " + id + "\r\n").json().at("error").at("param"),
              "Last-Event-ID");
  }
}

INSTANTIATE_TEST_SUITE_P(On, ChatStreamTest, ::testing::Values(kNothingInstalled, kRedisAndMySql),
                         combination_name);

}  // namespace
}  // namespace chatsync::test
