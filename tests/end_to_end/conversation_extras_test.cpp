// What OpenAI's conversations lack, over HTTP: lists, titles, feedback, other answers, and that erasing and
// exporting takes them along.
#include <boost/json.hpp>
#include <sstream>

#include "end_to_end/world.hpp"
#include "support/scripted_upstream.hpp"

namespace chatsync::test {
namespace {

namespace json = boost::json;
using Exchange = ScriptedUpstream::Exchange;

std::string key_of(const std::string& turn_id) {
  std::string key = turn_id;
  std::erase(key, '-');
  return key;
}

std::string item_of(const std::string& turn_id, int place) {
  return "msg_" + key_of(turn_id) + "_" + std::to_string(place);
}

class ConversationExtras : public ::testing::TestWithParam<Combination> {
 protected:
  void start() {
    server_ = world_.start({{"LLM_BASE_URL", upstream_.base_url()}});
    client_ = std::make_unique<HttpClient>(server_->client());
  }

  /// Asks in a session; the turn's id.
  std::string ask(const std::string& session_id, const std::string& question, const std::string& answer) {
    upstream_.then([answer](Exchange& exchange) { exchange.reply(200, completion_of(answer)); });
    const HttpResponse response = client().post(
        "/chat", json::value{{"session_id", session_id}, {"user_id", "ann"}, {"message", question}});
    EXPECT_EQ(response.status, 200) << response.body;
    return std::string(response.json().at("turn_id").as_string());
  }
  HttpResponse put_feedback(const std::string& session_id, const std::string& item_id,
                            const json::value& body) {
    return client().request("PUT", "/v1/conversations/" + session_id + "/items/" + item_id + "/feedback",
                            json::serialize(body), "Content-Type: application/json\r\n");
  }
  HttpResponse regenerate(const std::string& session_id, const std::string& item_id,
                          const std::string& answer) {
    upstream_.then([answer](Exchange& exchange) { exchange.reply(200, completion_of(answer)); });
    return client().request("POST", "/v1/conversations/" + session_id + "/items/" + item_id + "/regenerate",
                            "{}", "Content-Type: application/json\r\n");
  }
  std::vector<std::string> listed(const std::string& query) {
    std::vector<std::string> ids;
    for (const json::value& each : get_json(client(), "/v1/conversations?" + query).at("data").as_array()) {
      ids.emplace_back(each.at("id").as_string());
    }
    return ids;
  }
  HttpClient& client() { return *client_; }

  World world_{GetParam()};
  ScriptedUpstream upstream_;
  std::unique_ptr<ChatsyncProcess> server_;
  std::unique_ptr<HttpClient> client_;
};

TEST_P(ConversationExtras, AreListedByTheirLatestActivityPageByPage) {
  start();
  for (const char* id : {"a", "b", "c"}) ask(id, "Câu hỏi của " + std::string(id), "x");
  sync_now(client());
  ask("b", "again", "x");
  sync_now(client());
  EXPECT_EQ(listed("user=ann"), (std::vector<std::string>{"b", "c", "a"}));
  const json::object page = get_json(client(), "/v1/conversations?user=ann&limit=2");
  EXPECT_EQ(page.at("first_id"), "b");
  EXPECT_EQ(page.at("last_id"), "c");
  EXPECT_EQ(page.at("has_more"), true);
  const json::object& first = page.at("data").at(0).as_object();
  EXPECT_EQ(first.at("object"), "conversation");
  EXPECT_EQ(first.at("question_count"), 2);
  EXPECT_EQ(first.at("title"), "Câu hỏi của b");
  EXPECT_EQ(first.at("user"), "ann");
  EXPECT_EQ(json::serialize(first.at("metadata")), "{}");
  ask("c", "not synced yet", "x");
  EXPECT_EQ(listed("user=ann&limit=2&after=c"), std::vector<std::string>{"a"});
  EXPECT_TRUE(listed("user=nobody").empty());
  EXPECT_EQ(client().get("/v1/conversations").status, 400);
}

TEST_P(ConversationExtras, AreFoundByTheWordsOfTheirTurns) {
  server_ = world_.start({{"LLM_BASE_URL", upstream_.base_url()}, {"SEARCH_INDEX", "true"}});
  client_ = std::make_unique<HttpClient>(server_->client());
  const std::string turn = ask("a", "Đường nào về Huế?", "Đi thẳng");
  ask("b", "Huế có gì?", "Bún bò");
  sync_now(client());
  const json::object found = get_json(client(), "/v1/conversations?q=duong%20hue&user=ann");
  ASSERT_EQ(found.at("data").as_array().size(), 1);
  const json::value& hit = found.at("data").at(0);
  EXPECT_EQ(hit.at("conversation").at("id"), "a");
  EXPECT_EQ(hit.at("item_id").as_string(), item_of(turn, 0));
  EXPECT_EQ(hit.at("snippet"), "Đường nào về Huế?");
  const json::object page = get_json(client(), "/v1/conversations?q=hue&limit=1");
  EXPECT_EQ(page.at("data").at(0).at("conversation").at("id"), "b");
  EXPECT_EQ(page.at("has_more"), true);
  const std::string next(page.at("next").as_string());
  EXPECT_EQ(get_json(client(), "/v1/conversations?q=hue&limit=1&after=" + next)
                .at("data")
                .at(0)
                .at("item_id")
                .as_string(),
            item_of(turn, 0));
  EXPECT_EQ(client().get("/v1/conversations?q=%20").status, 400);
}

TEST_P(ConversationExtras, AreNotSearchedWithoutAnIndex) {
  start();
  const HttpResponse refused = client().get("/v1/conversations?q=hue");
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.json().at("error").at("code"), "search_off");
}

TEST_P(ConversationExtras, WhatWasStoredBeforeIsIndexedInTheBackground) {
  start();
  ask("a", "chuyện xưa", "x");
  sync_now(client());
  server_->stop();
  server_ = world_.start({{"LLM_BASE_URL", upstream_.base_url()}, {"SEARCH_INDEX", "true"}});
  client_ = std::make_unique<HttpClient>(server_->client());
  EXPECT_EQ(get_json(client(), "/v1/conversations?q=xua").at("data").as_array().size(), 1);
}

TEST_P(ConversationExtras, TitlesThatAreGivenAreShownEverywhereAndStay) {
  start();
  client().post("/sessions", json::value{{"session_id", "s"}, {"user_id", "ann"}, {"title", "old"}});
  const json::value given{{"title", "Chuyến đi"}, {"metadata", {{"topic", "Huế"}}}};
  const HttpResponse titled = client().post("/v1/conversations/s", given);
  EXPECT_EQ(titled.status, 200) << titled.body;
  EXPECT_EQ(titled.json().at("title"), "Chuyến đi");
  EXPECT_EQ(titled.json().at("metadata").at("topic"), "Huế");
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(get_json(client(), "/sessions/s").at("title"), "Chuyến đi");
    EXPECT_EQ(get_json(client(), "/sessions?user_id=ann").at("sessions").at(0).at("title"), "Chuyến đi");
    EXPECT_EQ(get_json(client(), "/v1/conversations/s").at("title"), "Chuyến đi");
    sync_now(client());
  }
  EXPECT_EQ(client().post("/v1/conversations/s", json::value{{"title", ""}}).status, 400);
}

TEST_P(ConversationExtras, ADeletedItemIsToldToNoModelAndIsNoTitle) {
  start();
  const std::string first = ask("s", "bí mật", "1");
  const std::string second = ask("s", "two", "2");
  EXPECT_EQ(client().request("DELETE", "/v1/conversations/s/items/" + item_of(first, 0)).status, 200);
  EXPECT_EQ(get_json(client(), "/v1/conversations/s").at("title"), "");
  const std::size_t asked = upstream_.requests().size();
  EXPECT_EQ(regenerate("s", item_of(second, 1), "2b").status, 200);
  EXPECT_EQ(upstream_.requests().at(asked).body.find("bí mật"), std::string::npos);
  EXPECT_EQ(regenerate("s", item_of(first, 1), "1b").status, 404);
}

TEST_P(ConversationExtras, FeedbackIsKeptForTheItemAndTheLastCounts) {
  start();
  const std::string turn = ask("s", "hỏi", "đáp");
  const std::string item = item_of(turn, 1);
  const HttpResponse down =
      put_feedback("s", item, {{"rating", "down"}, {"comment", "sai"}, {"user", "ann"}});
  EXPECT_EQ(down.status, 200) << down.body;
  EXPECT_EQ(down.json().at("id").as_string(), item);
  EXPECT_EQ(down.json().at("feedback").at("comment"), "sai");
  EXPECT_EQ(put_feedback("s", item, {{"rating", 1}}).json().at("feedback").at("rating"), "up");
  EXPECT_EQ(world_.column("SELECT rating FROM item_marks"), std::vector<std::string>{"1"});
  const json::value shown = json::parse(client().get("/v1/conversations/s/items/" + item).body);
  EXPECT_EQ(shown.at("feedback").at("rating"), "up");
  EXPECT_EQ(put_feedback("s", item, {{"rating", nullptr}}).json().at("feedback"), nullptr);
  EXPECT_EQ(put_feedback("s", item, {{"comment", "?"}}).status, 400);
  EXPECT_EQ(put_feedback("s", item, {{"rating", "good"}}).status, 400);
  EXPECT_EQ(put_feedback("s", item_of("0199d2f6-0000-7000-8000-000000000000", 1), {{"rating", 1}}).status,
            404);
  EXPECT_EQ(put_feedback("s", "msg_x", {{"rating", 1}}).status, 404);
  EXPECT_EQ(put_feedback("unknown", item, {{"rating", 1}}).status, 404);
}

TEST_P(ConversationExtras, AnotherAnswerIsAskedForWithWhatCameBeforeAndCountsNothing) {
  start();
  ask("s", "one", "1");
  const std::string turn = ask("s", "two", "2");
  ask("s", "three", "3");
  const std::size_t asked = upstream_.requests().size();
  const HttpResponse again = regenerate("s", item_of(turn, 1), "two again");
  ASSERT_EQ(again.status, 200) << again.body;
  EXPECT_EQ(again.json().at("item").at("content").at(0).at("text"), "two again");
  EXPECT_EQ(again.json().at("question_count"), 3);
  const json::value request = json::parse(upstream_.requests().at(asked).body);
  std::vector<std::string> said;
  for (const json::value& message : request.at("messages").as_array()) {
    said.emplace_back(message.at("content").as_string());
  }
  EXPECT_EQ(said, (std::vector<std::string>{"one", "1", "two"}));
  sync_now(client());
  EXPECT_EQ(get_json(client(), "/sessions/s").at("question_count"), 3);
  EXPECT_EQ(world_.integer("SELECT count(*) FROM chat_messages"), 3);
  EXPECT_EQ(world_.column("SELECT answer FROM sibling_answers"), std::vector<std::string>{"two again"});
}

TEST_P(ConversationExtras, AnAnswerThatCountsIsWhatLaterOnesAreToldAndCanBeRatedItself) {
  start();
  const std::string first = ask("s", "one", "1");
  const std::string second = ask("s", "two", "2");
  const HttpResponse again = regenerate("s", item_of(first, 1), "1b");
  const std::string sibling_item(again.json().at("item").at("id").as_string());
  EXPECT_EQ(put_feedback("s", sibling_item, {{"rating", "up"}}).status, 200);
  EXPECT_EQ(world_.integer("SELECT count(*) FROM item_marks WHERE sibling_id <> ''"), 1);
  EXPECT_EQ(regenerate("s", sibling_item, "1c").status, 200);
  EXPECT_EQ(world_.integer("SELECT count(DISTINCT turn_id) FROM sibling_answers"), 1);
  const std::size_t asked = upstream_.requests().size();
  regenerate("s", item_of(second, 1), "2b");
  const json::value request = json::parse(upstream_.requests().at(asked).body);
  EXPECT_EQ(request.at("messages").at(1).at("content"), "1c");
}

TEST_P(ConversationExtras, AModelThatFailsLeavesTheAnswerAsItWas) {
  start();
  const std::string turn = ask("s", "one", "1");
  upstream_.then([](Exchange& exchange) { exchange.reply(400, R"({"error":{"message":"no"}})"); });
  const HttpResponse refused = client().request("POST", "/v1/responses/resp_" + key_of(turn) + "s/regenerate",
                                                "{}", "Content-Type: application/json\r\n");
  EXPECT_EQ(refused.status, 400) << refused.body;
  EXPECT_EQ(world_.integer("SELECT count(*) FROM sibling_answers"), 0);
}

TEST_P(ConversationExtras, GoWithTheSessionAndAreInItsExport) {
  start();
  const std::string turn = ask("s", "one", "1");
  put_feedback("s", item_of(turn, 1), {{"rating", "down"}, {"comment", "tệ"}});
  regenerate("s", item_of(turn, 1), "1b");
  std::vector<std::string> types;
  std::istringstream text(client().get("/users/ann/export").body);
  for (std::string line; std::getline(text, line);)
    types.emplace_back(json::parse(line).at("type").as_string());
  EXPECT_EQ(types, (std::vector<std::string>{"session", "turn", "item_mark", "sibling_answer", "end"}));
  EXPECT_EQ(client().request("DELETE", "/users/ann").status, 200);
  EXPECT_EQ(
      world_.integer("SELECT (SELECT count(*) FROM item_marks) + (SELECT count(*) FROM sibling_answers)"), 0);
  EXPECT_EQ(put_feedback("s", item_of(turn, 1), {{"rating", "up"}}).status, 404);
}

INSTANTIATE_TEST_SUITE_P(EndToEnd, ConversationExtras, ::testing::Values(kNothingInstalled, kRedisAndMySql),
                         combination_name);

}  // namespace
}  // namespace chatsync::test
