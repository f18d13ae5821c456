#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <future>

#include "end_to_end/world.hpp"
#include "support/eventually.hpp"
#include "support/scripted_upstream.hpp"

namespace chatsync::test {
namespace {

namespace json = boost::json;
using Exchange = ScriptedUpstream::Exchange;

constexpr const char* kPath = "/v1/responses";

std::string post_bytes(const std::string& body) {
  return std::string("POST ") + kPath + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string text_at(const json::value& value, const char* name) {
  return std::string(value.at(name).as_string());
}

std::string output_text(const json::value& response) {
  return text_at(response.at("output").at(0).at("content").at(0), "text");
}

/// The data of the events of a stream.
std::vector<json::value> events_in(std::string_view text) {
  std::vector<json::value> events;
  for (std::size_t at = text.find("data: "); at != std::string_view::npos; at = text.find("data: ", at)) {
    at += 6;
    events.push_back(json::parse(text.substr(at, text.find('\n', at) - at)));
  }
  return events;
}

class ResponsesTest : public ::testing::TestWithParam<Combination> {
 protected:
  void start() { server = world.start({{"LLM_BASE_URL", upstream.base_url()}}); }
  void restart() {
    server->stop();
    server->start_again();
  }

  /// Has the upstream give these answers, one after the other.
  void answer(const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      upstream.then([text](Exchange& exchange) { exchange.reply(200, completion_of(text)); });
    }
  }

  json::value create(const std::string& body, const std::string& header_lines = {}) {
    const HttpResponse response = server->client().request("POST", kPath, body, header_lines);
    EXPECT_EQ(response.status, 200) << response.body;
    return response.json();
  }
  json::value get(const std::string& target) {
    const HttpResponse response = server->client().get(target);
    EXPECT_EQ(response.status, 200) << response.body;
    return response.json();
  }
  std::string code_of(const std::string& body) {
    return text_at(server->client().request("POST", kPath, body).json().at("error"), "code");
  }
  json::value asked(std::size_t request) {
    return json::parse(upstream.requests().at(request).body).at("messages");
  }
  std::size_t turn_count(const std::string& session_id) {
    const HttpResponse response = server->client().get("/sessions/" + session_id + "/messages");
    return response.status == 200 ? response.json().at("messages").as_array().size() : 0;
  }

  World world{GetParam()};
  ScriptedUpstream upstream;
  std::unique_ptr<ChatsyncProcess> server;
};

INSTANTIATE_TEST_SUITE_P(On, ResponsesTest, ::testing::Values(kNothingInstalled, kRedisAndMySql),
                         combination_name);

TEST_P(ResponsesTest, GoOnFromOneToTheNextOverARestart) {
  answer({"hi", "you said one"});
  start();
  const json::value first = create(R"({"model":"m","input":"one","instructions":"be brief"})");
  EXPECT_EQ(output_text(first), "hi");
  EXPECT_TRUE(text_at(first.at("conversation"), "id").starts_with("conv_"));
  restart();
  const json::value second =
      create(json::serialize(json::object{{"input", "two"}, {"previous_response_id", first.at("id")}}));
  EXPECT_EQ(asked(1), json::parse(R"([{"role":"user","content":"one"},{"role":"assistant","content":"hi"},
                                      {"role":"user","content":"two"}])"));
  EXPECT_EQ(second.at("conversation"), first.at("conversation"));
  EXPECT_EQ(second.at("previous_response_id"), first.at("id"));
}

TEST_P(ResponsesTest, AreTheSameFromCacheAndStoreAndAfterARestart) {
  answer({"hi"});
  start();
  const json::value made = create(R"({"model":"m","input":[{"role":"developer","content":"d"},
      {"role":"user","content":"one"}],"metadata":{"a":"b"},"temperature":0.5,"user":"ann"})");
  const std::string target = kPath + ("/" + text_at(made, "id"));
  EXPECT_EQ(get(target), made);
  HttpClient client = server->client();
  sync_now(client);
  EXPECT_EQ(get(target), made);
  restart();
  EXPECT_EQ(get(target), made);
  const json::value items = get(target + "/input_items?order=asc&limit=1");
  EXPECT_EQ(items.at("data").at(0).at("role"), "developer");
  EXPECT_EQ(items.at("has_more"), true);
  EXPECT_EQ(
      get(target + "/input_items?order=asc&after=" + text_at(items, "last_id")).at("data").at(0).at("role"),
      "user");
}

TEST_P(ResponsesTest, BranchOffFromAnEarlierOne) {
  answer({"1", "2", "3", "4"});
  start();
  const json::value first = create(R"({"input":"a"})");
  const auto after = [&](const json::value& previous, const char* input) {
    return create(
        json::serialize(json::object{{"input", input}, {"previous_response_id", previous.at("id")}}));
  };
  after(first, "b");
  const json::value branch = after(first, "c");
  after(branch, "d");
  EXPECT_EQ(asked(3), json::parse(R"([{"role":"user","content":"a"},{"role":"assistant","content":"1"},
      {"role":"user","content":"c"},{"role":"assistant","content":"3"},{"role":"user","content":"d"}])"));
}

TEST_P(ResponsesTest, GoOnInAConversationThatOtherEndpointsWroteToo) {
  answer({"hi", "again"});
  start();
  HttpClient client = server->client();
  chat(client, "s", "one");
  const json::value response = create(R"({"input":"two","conversation":"s"})");
  EXPECT_EQ(asked(1), json::parse(R"([{"role":"user","content":"one"},{"role":"assistant","content":"hi"},
                                      {"role":"user","content":"two"}])"));
  EXPECT_EQ(response.at("conversation").at("id"), "s");
  EXPECT_EQ(turn_count("s"), 2U);
}

TEST_P(ResponsesTest, AddNoHistoryWhereTheClientSentTheConversation) {
  answer({"1", "2"});
  start();
  create(R"({"input":"a"})", "X-Session-Id: s\r\n");
  const json::value second =
      create(R"({"input":[{"role":"user","content":"a"},{"role":"assistant","content":"1"},
      {"role":"user","content":"b"}]})",
             "X-Session-Id: s\r\n");
  EXPECT_EQ(asked(1).as_array().size(), 3U);
  EXPECT_EQ(get("/v1/conversations/s/items").at("data").as_array().size(), 4U);
  EXPECT_EQ(get(kPath + ("/" + text_at(second, "id")) + "/input_items").at("data").as_array().size(), 1U);
}

TEST_P(ResponsesTest, CarryAFunctionCallAndItsOutput) {
  upstream.then([](Exchange& exchange) {
    exchange.reply(200,
                   R"({"model":"m","choices":[{"message":{"role":"assistant","content":null,"tool_calls":[
        {"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},
        "finish_reason":"tool_calls"}]})");
  });
  answer({"it is 5"});
  start();
  const json::value first = create(
      R"({"model":"m","input":"sum?","tools":[{"type":"function","name":"f","parameters":{},"strict":false}]})");
  const json::value& call = first.at("output").at(0);
  EXPECT_EQ(call.at("type"), "function_call");
  EXPECT_EQ(call.at("call_id"), "c1");
  HttpClient client = server->client();
  sync_now(client);
  restart();
  const json::value second = create(json::serialize(json::object{
      {"previous_response_id", first.at("id")},
      {"input",
       json::array{json::object{{"type", "function_call_output"}, {"call_id", "c1"}, {"output", "5"}}}}}));
  EXPECT_EQ(asked(1), json::parse(R"([{"role":"user","content":"sum?"},
      {"role":"assistant","content":null,"tool_calls":[
          {"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},
      {"role":"tool","tool_call_id":"c1","content":"5"}])"));
  EXPECT_EQ(output_text(second), "it is 5");
}

TEST_P(ResponsesTest, AreToldAsCompletedWhenTheTurnIsRecorded) {
  std::promise<void> seen;
  upstream.then([&](Exchange& exchange) {
    exchange.begin_stream();
    exchange.event(chunk_of("Xin "));
    seen.get_future().wait();
    exchange.event(chunk_of("chào"));
    exchange.event(last_chunk());
    exchange.event("[DONE]");
    exchange.end_stream();
  });
  start();
  HttpClient client = server->client();
  client.send(post_bytes(R"({"input":"hello","conversation":"s","stream":true})"));
  const std::string begun = client.read_until("\"delta\":\"Xin \"");
  EXPECT_EQ(turn_count("s"), 0U);
  const std::string id =
      text_at(json::parse(begun.substr(begun.find("{\"type\""),
                                       begun.find("\n", begun.find("{\"type\"")) - begun.find("{\"type\"")))
                  .at("response"),
              "id");
  const json::value running = get(kPath + ("/" + id));
  EXPECT_EQ(running.at("status"), "in_progress");
  HttpClient other = server->client();
  other.send("GET " + (kPath + ("/" + id)) + "?stream=true&starting_after=5 HTTP/1.1\r\nHost: a\r\n\r\n");
  other.read_until("\"delta\":\"n \"");
  seen.set_value();
  client.read_until("event: response.completed");
  EXPECT_EQ(turn_count("s"), 1U);
  other.read_until("event: response.completed");
  const json::value whole = get(kPath + ("/" + id));
  EXPECT_EQ(output_text(whole), "Xin chào");
  const HttpResponse again = server->client().get(kPath + ("/" + id) + "?stream=true");
  const auto events = events_in(again.body);
  EXPECT_EQ(events.back().at("response"), whole);
  std::int64_t last = -1;
  for (const json::value& event : events) {
    EXPECT_GT(event.at("sequence_number").as_int64(), last);
    last = event.at("sequence_number").as_int64();
  }
}

TEST_P(ResponsesTest, AreRecordedThoughTheirClientHungUp) {
  std::promise<void> hung_up;
  upstream.then([&](Exchange& exchange) {
    exchange.begin_stream();
    exchange.event(chunk_of("a"));
    hung_up.get_future().wait();
    exchange.event(chunk_of("b"));
    exchange.event(last_chunk());
    exchange.event("[DONE]");
    exchange.end_stream();
  });
  start();
  {
    HttpClient client = server->client();
    client.send(post_bytes(R"({"input":"hello","conversation":"s","stream":true})"));
    client.read_until("\"delta\":\"a\"");
    client.abort();
  }
  hung_up.set_value();
  EXPECT_TRUE(eventually([&] { return turn_count("s") == 1; }));
}

TEST_P(ResponsesTest, CanBeCancelledAndKeepWhatCame) {
  upstream.then([](Exchange& exchange) {
    exchange.begin_stream();
    exchange.event(chunk_of("half"));
    exchange.hang();
  });
  start();
  HttpClient client = server->client();
  client.send(post_bytes(R"({"input":"hello","conversation":"s","stream":true})"));
  const std::string begun = client.read_until("\"delta\":\"half\"");
  const std::size_t at = begun.find("resp_");
  const std::string target = kPath + ("/" + begun.substr(at, begun.find('"', at) - at));
  const HttpResponse cancelled = server->client().request("POST", target + "/cancel");
  EXPECT_EQ(cancelled.status, 200) << cancelled.body;
  EXPECT_EQ(cancelled.json().at("status"), "cancelled");
  EXPECT_EQ(output_text(cancelled.json()), "half");
  client.read_until("event: response.incomplete");
  EXPECT_EQ(get(target), cancelled.json());
}

TEST_P(ResponsesTest, AreNotRecordedWhereTheClientDoesNotWantIt) {
  answer({"1", "2"});
  start();
  create(R"({"input":"a","conversation":"s"})");
  const json::value response = create(R"({"input":"b","store":false})");
  EXPECT_EQ(response.at("store"), false);
  EXPECT_EQ(server->client().get(kPath + ("/" + text_at(response, "id"))).status, 404);
  EXPECT_EQ(turn_count("s"), 1U);
}

TEST_P(ResponsesTest, AreGoneWhenTheyAreDeletedAndNoModelIsToldOfThem) {
  answer({"1", "2", "3"});
  start();
  const json::value first = create(R"({"input":"a","conversation":"s"})");
  create(R"({"input":"b","conversation":"s"})");
  const std::string target = kPath + ("/" + text_at(first, "id"));
  const HttpResponse deleted = server->client().request("DELETE", target);
  EXPECT_EQ(deleted.json(),
            json::parse(R"({"id":")" + text_at(first, "id") + R"(","object":"response","deleted":true})"));
  EXPECT_EQ(server->client().get(target).status, 404);
  create(R"({"input":"c","conversation":"s"})");
  EXPECT_EQ(asked(2), json::parse(R"([{"role":"user","content":"b"},{"role":"assistant","content":"2"},
                                      {"role":"user","content":"c"}])"));
  EXPECT_EQ(code_of(R"({"input":"x","previous_response_id":")" + text_at(first, "id") + "\"}"),
            "previous_response_not_found");
}

TEST_P(ResponsesTest, AreOneForRequestsWithTheSameKey) {
  answer({"1"});
  upstream.then([](Exchange& exchange) {
    exchange.begin_stream();
    exchange.event(chunk_of("2"));
    exchange.event(last_chunk());
    exchange.event("[DONE]");
    exchange.end_stream();
  });
  start();
  const std::string body = R"({"input":"a"})";
  const json::value first = create(body, "Idempotency-Key: k\r\n");
  const HttpResponse again = server->client().request("POST", kPath, body, "Idempotency-Key: k\r\n");
  EXPECT_EQ(again.json(), first);
  EXPECT_EQ(again.header("idempotency-replayed"), "true");
  EXPECT_EQ(get(kPath + ("/" + text_at(first, "id"))), first);
  const HttpResponse streamed =
      server->client().request("POST", kPath, R"({"input":"b","stream":true})", "Idempotency-Key: l\r\n");
  const HttpResponse retold =
      server->client().request("POST", kPath, R"({"input":"b","stream":true})", "Idempotency-Key: l\r\n");
  EXPECT_EQ(events_in(retold.body).back(), events_in(streamed.body).back());
  EXPECT_EQ(server->client().request("POST", kPath, R"({"input":"c"})", "Idempotency-Key: k\r\n").status,
            422);
  EXPECT_EQ(upstream.requests().size(), 2U);
}

TEST_P(ResponsesTest, WaitForTheTurnBeforeAndKnowIt) {
  std::promise<void> asked_too;
  upstream.then([&](Exchange& exchange) {
    asked_too.get_future().wait();
    exchange.reply(200, completion_of("1"));
  });
  answer({"2"});
  start();
  HttpClient first = server->client();
  first.send(post_bytes(R"({"input":"a","conversation":"s"})"));
  ASSERT_TRUE(eventually([&] { return upstream.requests().size() == 1; }));
  HttpClient second = server->client();
  second.send(post_bytes(R"({"input":"b","conversation":"s"})"));
  asked_too.set_value();
  EXPECT_EQ(second.read_response().status, 200);
  EXPECT_EQ(asked(1), json::parse(R"([{"role":"user","content":"a"},{"role":"assistant","content":"1"},
                                      {"role":"user","content":"b"}])"));
}

TEST_P(ResponsesTest, NameWhatIsWrongWithARequest) {
  start();
  EXPECT_EQ(code_of("{}"), "missing_field");
  EXPECT_EQ(code_of(R"({"input":"x","background":true})"), "unsupported_value");
  EXPECT_EQ(code_of(R"({"input":"x","previous_response_id":"resp_1"})"), "previous_response_not_found");
  EXPECT_EQ(code_of(R"({"input":[{"type":"item_reference","id":"msg_1"}]})"), "item_not_found");
  EXPECT_EQ(code_of(R"({"input":"x","conversation":"a/b"})"), "invalid_value");
  EXPECT_EQ(server->client().get(kPath + std::string("/resp_1")).status, 404);
  EXPECT_EQ(server->client().request("DELETE", kPath + std::string("/resp_1")).status, 404);
  EXPECT_EQ(upstream.requests().size(), 0U);
}

}  // namespace
}  // namespace chatsync::test
