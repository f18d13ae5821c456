// Every endpoint, over the server that needs nothing installed.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <regex>
#include <set>

#include "end_to_end/world.hpp"

namespace chatsync::test {
namespace {

namespace json = boost::json;

class Api : public ::testing::Test {
 protected:
  static std::set<std::string> names_of(const json::object& object) {
    std::set<std::string> names;
    for (const auto& member : object) names.insert(member.key());
    return names;
  }

  static json::object error_of(const HttpResponse& response, int status) {
    EXPECT_EQ(response.status, status) << response.body;
    EXPECT_EQ(response.header("content-type"), "application/json; charset=utf-8");
    const json::object error = response.json().at("error").as_object();
    EXPECT_TRUE(error.contains("message") && error.contains("type") && error.contains("param") &&
                error.contains("code"))
        << response.body;
    return error;
  }

  World world_{kNothingInstalled};
  std::unique_ptr<ChatsyncProcess> server_ = world_.start();
  HttpClient client_ = server_->client();
};

TEST_F(Api, ChatAnswersWithTheCountOfTheSession) {
  const HttpResponse response = client_.post("/chat", {{"session_id", "s"}, {"message", "Xin chào"}});
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.header("content-type"), "application/json; charset=utf-8");
  const json::object reply = response.json().as_object();
  EXPECT_EQ(names_of(reply), (std::set<std::string>{"session_id", "turn_id", "question_count", "answer",
                                                    "created_at", "durability"}));
  EXPECT_EQ(reply.at("session_id"), "s");
  EXPECT_EQ(reply.at("question_count"), 1);
  EXPECT_EQ(reply.at("answer"), "Echo: Xin chào");
  EXPECT_EQ(reply.at("durability"), "cached");
  const std::regex uuid_v7("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  EXPECT_TRUE(std::regex_match(reply.at("turn_id").as_string().c_str(), uuid_v7)) << response.body;
  const std::regex iso(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)");
  EXPECT_TRUE(std::regex_match(reply.at("created_at").as_string().c_str(), iso)) << response.body;
}

TEST_F(Api, ChatMakesASessionWhenNoneIsNamed) {
  const json::value first = client_.post("/chat", {{"message", "hello"}}).json();
  const std::string session_id(first.at("session_id").as_string());
  EXPECT_EQ(chat(client_, session_id, "again").at("question_count"), 2);
}

TEST_F(Api, AChatThatWaitsForTheStoreIsSyncedWhenItIsAnswered) {
  const HttpResponse response =
      client_.post("/chat", {{"session_id", "s"}, {"message", "hello"}, {"durability", "synced"}});
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.json().at("durability"), "synced");
  EXPECT_EQ(stored_seqs(world_, "s"), one_to(1));
}

TEST_F(Api, ChatNamesTheFieldAtFault) {
  const std::vector<std::pair<json::value, std::string>> cases{
      {{{"message", ""}}, "message"},
      {json::object{}, "message"},
      {{{"message", 7}}, "message"},
      {{{"message", "hi"}, {"session_id", "no spaces"}}, "session_id"},
      {{{"message", "hi"}, {"session_id", std::string(65, 'a')}}, "session_id"},
      {{{"message", "hi"}, {"user_id", "no spaces"}}, "user_id"},
      {{{"message", "hi"}, {"user_id", 1.5}}, "user_id"},
      {{{"message", "hi"}, {"stream", "no"}}, "stream"},
      {{{"message", "hi"}, {"durability", "eventually"}}, "durability"},
      {{{"message", "hi"}, {"temperature", 1}}, "temperature"}};
  for (const auto& [body, field] : cases) {
    const json::object error = error_of(client_.post("/chat", body), 400);
    EXPECT_EQ(error.at("param"), json::value(field)) << json::serialize(body);
    EXPECT_EQ(error.at("type"), "invalid_request_error");
  }
}

TEST_F(Api, UserIdsMayBeNumbersAndComeBackAsText) {
  client_.post("/chat", {{"session_id", "s"}, {"message", "hi"}, {"user_id", 42}});
  EXPECT_EQ(get_json(client_, "/sessions/s").at("user_id"), "42");
  client_.post("/chat", {{"session_id", "t"}, {"message", "hi"}});
  EXPECT_EQ(get_json(client_, "/sessions/t").at("user_id"), "1");
}

TEST_F(Api, CreatesSessions) {
  const HttpResponse response =
      client_.post("/sessions", {{"session_id", "s"}, {"user_id", "ann@example.org"}, {"title", "Tiêu đề"}});
  ASSERT_EQ(response.status, 201) << response.body;
  EXPECT_EQ(response.header("location"), "/sessions/s");
  const json::object session = response.json().as_object();
  EXPECT_EQ(names_of(session), (std::set<std::string>{"session_id", "user_id", "title", "question_count",
                                                      "created_at", "updated_at"}));
  EXPECT_EQ(session.at("user_id"), "ann@example.org");
  EXPECT_EQ(session.at("title"), "Tiêu đề");
  EXPECT_EQ(session.at("question_count"), 0);
  EXPECT_EQ(get_json(client_, "/sessions/s"), session);
}

TEST_F(Api, RefusesToCreateASessionTwice) {
  client_.post("/sessions", {{"session_id", "s"}});
  const json::object error = error_of(client_.post("/sessions", {{"session_id", "s"}}), 409);
  EXPECT_EQ(error.at("code"), "session_exists");
}

TEST_F(Api, ListsTheSessionsOfAUserNewestFirstInPages) {
  for (int i = 0; i < 5; ++i) {
    client_.post("/chat", {{"session_id", fmt::format("s{}", i)}, {"user_id", "ann"}, {"message", "hi"}});
  }
  std::vector<std::string> walked;
  std::string target = "/sessions?user_id=ann&limit=2";
  for (int page = 0; page < 3; ++page) {
    const json::object list = get_json(client_, target);
    for (const json::value& session : list.at("sessions").as_array()) {
      walked.emplace_back(session.at("session_id").as_string());
    }
    EXPECT_EQ(list.at("has_more"), page < 2);
    if (page < 2) {
      target = "/sessions?user_id=ann&limit=2&after=" + std::string(list.at("next").as_string());
    } else {
      EXPECT_TRUE(list.at("next").is_null());
    }
  }
  EXPECT_EQ(walked, (std::vector<std::string>{"s4", "s3", "s2", "s1", "s0"}));
}

TEST_F(Api, ListingSessionsNeedsAUser) {
  EXPECT_EQ(error_of(client_.get("/sessions"), 400).at("param"), "user_id");
}

TEST_F(Api, AnUnknownSessionIsNotFound) {
  for (const char* target : {"/sessions/nobody", "/sessions/nobody/messages", "/sessions/nobody/stats"}) {
    EXPECT_EQ(error_of(client_.get(target), 404).at("code"), "session_not_found") << target;
  }
  EXPECT_EQ(error_of(client_.request("DELETE", "/sessions/nobody"), 404).at("code"), "session_not_found");
}

TEST_F(Api, DeletesSessionsForGood) {
  chat_numbers(client_, "s", 1, 3);
  sync_now(client_);
  chat_numbers(client_, "s", 4, 5);
  const HttpResponse deleted = client_.request("DELETE", "/sessions/s");
  EXPECT_EQ(deleted.status, 200);
  EXPECT_EQ(deleted.json(), json::value({{"session_id", "s"}, {"deleted_turns", 5}}));
  error_of(client_.get("/sessions/s"), 404);
  const json::object error = error_of(client_.post("/chat", {{"session_id", "s"}, {"message", "hi"}}), 410);
  EXPECT_EQ(error.at("code"), "session_deleted");
  EXPECT_EQ(sync_now(client_), 0);
  EXPECT_TRUE(stored_seqs(world_, "s").empty());
}

TEST_F(Api, MessagesAreWholeAndOldestFirst) {
  chat_numbers(client_, "s", 1, 3);
  const json::object list = get_json(client_, "/sessions/s/messages");
  EXPECT_EQ(list.at("session_id"), "s");
  EXPECT_EQ(list.at("has_more"), false);
  const json::array& messages = list.at("messages").as_array();
  ASSERT_EQ(messages.size(), 3);
  const json::object& first = messages[0].as_object();
  EXPECT_EQ(names_of(first), (std::set<std::string>{"turn_id", "seq", "timestamp", "created_at", "user_id",
                                                    "question", "answer", "status", "model"}));
  EXPECT_EQ(first.at("seq"), 1);
  EXPECT_EQ(first.at("user_id"), "1");
  EXPECT_EQ(first.at("question"), "question 1");
  EXPECT_EQ(first.at("answer"), "Echo: question 1");
  EXPECT_EQ(first.at("status"), "complete");
  EXPECT_EQ(list.at("before"), first.at("timestamp"));
  EXPECT_EQ(list.at("after"), messages[2].at("timestamp"));
}

TEST_F(Api, MessagesArePagedInBothDirections) {
  chat_numbers(client_, "s", 1, 12);
  sync_now(client_);
  chat_numbers(client_, "s", 13, 25);
  for (const char* cursor : {"before", "after"}) {
    const bool backwards = cursor[0] == 'b';
    std::vector<std::int64_t> walked;
    std::string target = backwards ? "/sessions/s/messages?limit=7" : "/sessions/s/messages?limit=7&after=0";
    for (bool more = true; more;) {
      const json::object list = get_json(client_, target);
      std::vector<std::int64_t> page;
      for (const json::value& message : list.at("messages").as_array()) {
        page.push_back(message.at("seq").as_int64());
      }
      walked.insert(backwards ? walked.begin() : walked.end(), page.begin(), page.end());
      more = list.at("has_more").as_bool();
      target = fmt::format("/sessions/s/messages?limit=7&{}={}", cursor, list.at(cursor).as_int64());
    }
    EXPECT_EQ(walked, one_to(25)) << cursor;
  }
}

TEST_F(Api, AnEmptyPageHasNoCursors) {
  client_.post("/sessions", {{"session_id", "s"}});
  const json::object list = get_json(client_, "/sessions/s/messages");
  EXPECT_TRUE(list.at("messages").as_array().empty());
  EXPECT_TRUE(list.at("before").is_null());
  EXPECT_TRUE(list.at("after").is_null());
}

TEST_F(Api, APageNamesWhatIsWrongWithIt) {
  chat_numbers(client_, "s", 1, 1);
  EXPECT_EQ(error_of(client_.get("/sessions/s/messages?limit=201"), 400).at("param"), "limit");
  EXPECT_EQ(error_of(client_.get("/sessions/s/messages?limit=0"), 400).at("param"), "limit");
  EXPECT_EQ(error_of(client_.get("/sessions/s/messages?before=x"), 400).at("param"), "before");
  error_of(client_.get("/sessions/s/messages?before=5&after=5"), 400);
}

TEST_F(Api, StatsCountCacheStoreAndRest) {
  chat_numbers(client_, "s", 1, 12);
  sync_now(client_);
  chat_numbers(client_, "s", 13, 15);
  const json::object stats = get_json(client_, "/sessions/s/stats");
  EXPECT_EQ(names_of(stats), (std::set<std::string>{"session_id", "user_id", "question_count",
                                                    "question_count_cache", "question_count_store", "pending",
                                                    "synced", "history_length", "last_activity"}));
  EXPECT_EQ(stats.at("question_count"), 15);
  EXPECT_EQ(stats.at("question_count_cache"), 15);
  EXPECT_EQ(stats.at("question_count_store"), 12);
  EXPECT_EQ(stats.at("pending"), 3);
  EXPECT_EQ(stats.at("synced"), 12);
  EXPECT_EQ(stats.at("history_length"), 10);
}

TEST_F(Api, SyncNowSpeaksToTheLetter) {
  chat_numbers(client_, "s", 1, 3);
  const HttpResponse response = client_.get("/sync_now");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.header("content-type"), "application/json; charset=utf-8");
  EXPECT_NE(response.body.find("{\"message\":\"\xC4\x90\xC3\xA3 \xC4\x91\xE1\xBB\x93ng b\xE1\xBB\x99 "
                               "th\xC3\xA0nh c\xC3\xB4ng 3 tin nh\xE1\xBA\xAFn\""),
            std::string::npos)
      << response.body;
  EXPECT_EQ(client_.request("POST", "/sync_now").json().at("message"), "Đã đồng bộ thành công 0 tin nhắn");
}

TEST_F(Api, OperationsAnswer) {
  EXPECT_EQ(client_.get("/healthz").json(), json::value({{"status", "ok"}}));
  const json::object ready = get_json(client_, "/readyz");
  EXPECT_EQ(ready.at("status"), "ready");
  EXPECT_EQ(ready.at("cache").at("kind"), "embedded");
  EXPECT_EQ(ready.at("cache").at("status"), "ok");
  EXPECT_FALSE(ready.at("cache").at("durability").as_string().empty());
  EXPECT_EQ(ready.at("store").as_object(), (json::object{{"kind", "sqlite"}, {"status", "ok"}}));
  EXPECT_EQ(get_json(client_, "/openapi.json").at("openapi").as_string().subview(0, 4), "3.1.");
  EXPECT_EQ(client_.get("/").status, 200);
}

TEST_F(Api, MetricsCountAcceptedAndSyncedTurns) {
  chat_numbers(client_, "s", 1, 7);
  sync_now(client_);
  const HttpResponse response = client_.get("/metrics");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.header("content-type").substr(0, 10), "text/plain");
  EXPECT_NE(response.body.find("\nchatsync_turns_accepted_total 7\n"), std::string::npos) << response.body;
  EXPECT_NE(response.body.find("\nchatsync_sync_turns_total 7\n"), std::string::npos) << response.body;
}

TEST_F(Api, EveryReplyCarriesARequestId) {
  EXPECT_FALSE(client_.get("/healthz").header("x-request-id").empty());
  EXPECT_EQ(client_.request("GET", "/healthz", {}, "X-Request-Id: mine-1.2_3\r\n").header("x-request-id"),
            "mine-1.2_3");
  EXPECT_NE(client_.request("GET", "/healthz", {}, "X-Request-Id: not ok\r\n").header("x-request-id"),
            "not ok");
}

TEST_F(Api, RefusesWhatItDoesNotServe) {
  error_of(client_.get("/nowhere"), 404);
  const HttpResponse wrong_method = client_.request("DELETE", "/chat");
  error_of(wrong_method, 405);
  EXPECT_NE(wrong_method.header("allow").find("POST"), std::string::npos);
  error_of(client_.request("POST", "/chat", "message=hi", "Content-Type: text/plain\r\n"), 415);
  error_of(client_.request("POST", "/chat", "{\"message\":"), 400);
  EXPECT_EQ(error_of(client_.request("POST", "/chat", "{\"message\":\"\xFF\"}"), 400).at("param"), "message");
}

TEST_F(Api, HeadIsGetWithoutABody) {
  const HttpResponse response = client_.request("HEAD", "/healthz");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.header("content-length"), std::to_string(client_.get("/healthz").body.size()));
}

}  // namespace
}  // namespace chatsync::test
