#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "end_to_end/world.hpp"

namespace chatsync::test {
namespace {

namespace json = boost::json;

constexpr const char* kPath = "/v1/conversations";

std::string text_at(const json::value& value, const char* name) {
  return std::string(value.at(name).as_string());
}

/// The texts of the items, of which each has one.
std::vector<std::string> texts_of(const json::value& list) {
  std::vector<std::string> texts;
  for (const json::value& item : list.at("data").as_array()) {
    texts.push_back(text_at(item.at("content").at(0), "text"));
  }
  return texts;
}

class ConversationsTest : public ::testing::TestWithParam<Combination> {
 protected:
  ConversationsTest() : server(world.start()) {}

  json::value send(const std::string& method, const std::string& target, const std::string& body = {}) {
    const HttpResponse response = server->client().request(method, kPath + target, body);
    EXPECT_EQ(response.status, 200) << response.body;
    return response.json();
  }
  int status_of(const std::string& method, const std::string& target, const std::string& body = {}) {
    return server->client().request(method, kPath + target, body).status;
  }
  std::string param_of(const std::string& target, const std::string& body) {
    return text_at(server->client().request("POST", kPath + target, body).json().at("error"), "param");
  }
  /// Every item, read page by page.
  std::vector<std::string> walk(const std::string& target, const std::string& order, int limit) {
    std::vector<std::string> texts;
    std::string after;
    for (bool more = true; more;) {
      const json::value page =
          send("GET", target + "/items?order=" + order + "&limit=" + std::to_string(limit) + after);
      for (const std::string& text : texts_of(page)) texts.push_back(text);
      more = page.at("has_more").as_bool();
      if (more) after = "&after=" + text_at(page, "last_id");
    }
    return texts;
  }

  World world{GetParam()};
  std::unique_ptr<ChatsyncProcess> server;
};

INSTANTIATE_TEST_SUITE_P(On, ConversationsTest, ::testing::Values(kNothingInstalled, kRedisAndMySql),
                         combination_name);

TEST_P(ConversationsTest, KeepTheirMetadataOverARestart) {
  const json::value made = send("POST", "", R"({"metadata":{"topic":"a"}})");
  EXPECT_EQ(made.at("object"), "conversation");
  const std::string id = "/" + text_at(made, "id");
  EXPECT_EQ(send("GET", id), made);
  EXPECT_EQ(send("POST", id, R"({"metadata":{"topic":"b"}})").at("metadata").at("topic"), "b");
  server->stop();
  server->start_again();
  EXPECT_EQ(send("GET", id).at("metadata"), json::parse(R"({"topic":"b"})"));
  EXPECT_EQ(send("DELETE", id).at("object"), "conversation.deleted");
  EXPECT_EQ(status_of("GET", id), 404);
}

TEST_P(ConversationsTest, RecordTheItemsThatAreGivenAsTurns) {
  const json::value made = send("POST", "", R"({"items":[{"role":"developer","content":"d"},
      {"role":"user","content":"one"},{"role":"assistant","content":"1"},{"role":"user","content":"two"}]})");
  const std::string id = text_at(made, "id");
  HttpClient client = server->client();
  const auto turns = get_json(client, "/sessions/" + id + "/messages").at("messages").as_array();
  ASSERT_EQ(turns.size(), 2U);
  EXPECT_EQ(turns[0].at("question"), "one");
  EXPECT_EQ(turns[0].at("answer"), "1");
  EXPECT_EQ(turns[1].at("question"), "two");
  EXPECT_EQ(turns[1].at("answer"), "");
  EXPECT_EQ(sync_now(client), 2);
  EXPECT_EQ(walk("/" + id, "asc", 20), (std::vector<std::string>{"d", "one", "1", "two"}));
}

TEST_P(ConversationsTest, ReplyWithTheItemsThatAreAdded) {
  const std::string id = "/" + text_at(send("POST", "", "{}"), "id");
  const json::value added =
      send("POST", id + "/items",
           R"({"items":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]})");
  EXPECT_EQ(added.at("object"), "list");
  EXPECT_EQ(texts_of(added), (std::vector<std::string>{"q", "a"}));
  const json::value& item = added.at("data").at(1);
  EXPECT_EQ(send("GET", id + "/items/" + text_at(item, "id")), item);
}

TEST_P(ConversationsTest, GiveTheTurnsOfEverySessionPageByPageInBothOrders) {
  HttpClient client = server->client();
  chat_numbers(client, "s", 1, 7);
  sync_now(client);
  chat_numbers(client, "s", 8, 13);
  std::vector<std::string> all;
  for (int n = 1; n <= 13; ++n) {
    all.push_back("question " + std::to_string(n));
    all.push_back("Echo: question " + std::to_string(n));
  }
  for (const int limit : {1, 4, 100}) EXPECT_EQ(walk("/s", "asc", limit), all) << limit;
  std::vector<std::string> newest_first(all.rbegin(), all.rend());
  for (const int limit : {1, 4, 100}) EXPECT_EQ(walk("/s", "desc", limit), newest_first) << limit;
  EXPECT_EQ(texts_of(send("GET", "/s/items")).size(), 20U);
  EXPECT_EQ(texts_of(send("GET", "/s/items")).front(), "Echo: question 13");
}

TEST_P(ConversationsTest, ShowADeletedItemNoMoreAndCountItsTurn) {
  HttpClient client = server->client();
  chat_numbers(client, "s", 1, 2);
  const std::string last = text_at(send("GET", "/s/items"), "first_id");
  EXPECT_EQ(send("DELETE", "/s/items/" + last).at("id"), "s");
  EXPECT_EQ(status_of("GET", "/s/items/" + last), 404);
  EXPECT_EQ(walk("/s", "asc", 1), (std::vector<std::string>{"question 1", "Echo: question 1", "question 2"}));
  EXPECT_EQ(get_json(client, "/sessions/s").at("question_count"), 2);
}

TEST_P(ConversationsTest, NameWhatIsWrongWithARequest) {
  EXPECT_EQ(status_of("GET", "/none"), 404);
  EXPECT_EQ(status_of("GET", "/none/items"), 404);
  EXPECT_EQ(status_of("POST", "/none/items", R"({"items":[{"role":"user","content":"q"}]})"), 404);
  const std::string id = "/" + text_at(send("POST", "", "{}"), "id");
  EXPECT_EQ(param_of(id + "/items", "{}"), "items");
  EXPECT_EQ(param_of(id + "/items", R"({"items":[{"role":"assistant","content":"a"}]})"), "items");
  EXPECT_EQ(param_of(id + "/items", R"({"items":[{"role":"user","content":"q"},{"type":"computer_call"}]})"),
            "items[1].type");
  EXPECT_EQ(param_of(id, R"({"metadata":{"a":1}})"), "metadata");
  EXPECT_EQ(param_of("", R"({"odd":1})"), "odd");
  EXPECT_EQ(status_of("GET", id + "/items?limit=101"), 400);
  EXPECT_EQ(status_of("GET", id + "/items?order=up"), 400);
  EXPECT_EQ(status_of("GET", id + "/items?after=msg_1"), 404);
  EXPECT_EQ(send("GET", id + "/items").at("data"), json::array());
}

}  // namespace
}  // namespace chatsync::test
