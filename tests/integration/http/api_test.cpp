// Every resource over the wire, in the shapes that are promised.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <string>

#include "integration/http/http_rig.hpp"

namespace chatsync::http {
namespace {

namespace json = boost::json;

std::vector<std::string> keys(const json::value& value) {
  std::vector<std::string> result;
  for (const auto& member : value.as_object()) result.emplace_back(member.key());
  return result;
}

using Keys = std::vector<std::string>;

TEST(HttpApi, AnswersAQuestion) {
  HttpRig rig;
  auto client = rig.client();
  const auto response = client.request("POST", "/chat", R"({"message":"Xin chào"})");
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.header("content-type"), "application/json; charset=utf-8");
  const json::value reply = response.json();
  EXPECT_EQ(keys(reply),
            Keys({"session_id", "turn_id", "question_count", "answer", "created_at", "durability"}));
  EXPECT_EQ(reply.at("answer"), "Echo: Xin chào");
  EXPECT_EQ(reply.at("question_count"), 1);
  EXPECT_EQ(reply.at("durability"), "cached");
  EXPECT_EQ(reply.at("session_id").as_string().size(), 36U);
  EXPECT_TRUE(reply.at("created_at").as_string().ends_with("Z"));
}

TEST(HttpApi, CommitsAQuestionBeforeItsReplyIfAsked) {
  HttpRig rig;
  auto client = rig.client();
  const auto response =
      client.request("POST", "/chat", R"({"message":"m","session_id":"a","durability":"synced"})");
  EXPECT_EQ(response.json().at("durability"), "synced");
  EXPECT_EQ(client.get("/sessions/a/stats").json().at("synced"), 1);
  rig.on_worker(
      [](RigWorker& worker) { worker.store.outage = Error{ErrorKind::unavailable, "down", {}, {}}; });
  const auto failed =
      client.request("POST", "/chat", R"({"message":"n","session_id":"a","durability":"synced"})");
  EXPECT_EQ(failed.status, 503);
  EXPECT_EQ(failed.json().at("error").at("code"), "recorded_not_synced");
}

TEST(HttpApi, SaysWhatItCannotKnowWhileTheCacheIsAway) {
  HttpRig rig;
  auto client = rig.client();
  ASSERT_EQ(client.request("POST", "/chat", chat_body("before", "a")).status, 200);
  const auto known = client.request("POST", "/chat", chat_body("whole", "a"));
  EXPECT_FALSE(known.json().as_object().contains("question_count_provisional"));
  rig.on_worker(
      [](RigWorker& worker) { worker.cache.outage = Error{ErrorKind::unavailable, "down", {}, {}}; });
  const auto reply = client.request("POST", "/chat", chat_body("meanwhile", "a"));
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(reply.json().at("durability"), "synced");
  EXPECT_EQ(reply.json().at("question_count_provisional"), true);
  for (const char* target : {"/sessions/a/messages", "/sessions/a/stats", "/sessions?user_id=1"}) {
    const auto shown = client.get(target);
    ASSERT_EQ(shown.status, 200) << target << shown.body;
    EXPECT_EQ(shown.json().at("partial"), true) << target;
  }
  rig.on_worker([](RigWorker& worker) { worker.cache.outage.reset(); });
  for (const char* target : {"/sessions/a/messages", "/sessions/a/stats", "/sessions?user_id=1"}) {
    EXPECT_FALSE(client.get(target).json().as_object().contains("partial")) << target;
  }
}

TEST(HttpApi, CreatesShowsAndDeletesASession) {
  HttpRig rig;
  auto client = rig.client();
  const auto created = client.request("POST", "/sessions", R"({"session_id":"a","user_id":7,"title":"t"})");
  ASSERT_EQ(created.status, 201) << created.body;
  EXPECT_EQ(created.header("location"), "/sessions/a");
  EXPECT_EQ(keys(created.json()),
            Keys({"session_id", "user_id", "title", "question_count", "created_at", "updated_at"}));
  EXPECT_EQ(created.json().at("user_id"), "7");
  EXPECT_EQ(client.get("/sessions/a").json().at("title"), "t");
  EXPECT_EQ(client.request("POST", "/sessions", R"({"session_id":"a"})").json().at("error").at("code"),
            "session_exists");
  EXPECT_EQ(client.request("POST", "/chat", chat_body("q", "a")).status, 200);
  EXPECT_EQ(client.request("DELETE", "/sessions/a").body, R"({"session_id":"a","deleted_turns":1})");
  EXPECT_EQ(client.get("/sessions/a").status, 404);
  EXPECT_EQ(client.request("DELETE", "/sessions/a").status, 404);
  const auto gone = client.request("POST", "/chat", chat_body("q", "a"));
  EXPECT_EQ(gone.status, 410);
  EXPECT_EQ(gone.json().at("error").at("code"), "session_deleted");
}

TEST(HttpApi, ListsTheSessionsOfAUserPageByPage) {
  HttpRig rig;
  auto client = rig.client();
  for (const char* id : {"a", "b", "c"}) {
    client.request("POST", "/sessions", R"({"user_id":"u@x","session_id":")" + std::string(id) + "\"}");
  }
  const auto first = client.get("/sessions?user_id=u%40x&limit=2").json();
  EXPECT_EQ(keys(first), Keys({"sessions", "has_more", "next"}));
  ASSERT_EQ(first.at("sessions").as_array().size(), 2U);
  EXPECT_EQ(first.at("sessions").at(0).at("session_id"), "c");
  EXPECT_EQ(first.at("has_more"), true);
  const auto second =
      client.get("/sessions?user_id=u@x&limit=2&after=" + std::string(first.at("next").as_string())).json();
  ASSERT_EQ(second.at("sessions").as_array().size(), 1U);
  EXPECT_EQ(second.at("sessions").at(0).at("session_id"), "a");
  EXPECT_EQ(second.at("has_more"), false);
  EXPECT_TRUE(second.at("next").is_null());
}

TEST(HttpApi, PagesThroughTheMessagesOfASession) {
  HttpRig rig;
  auto client = rig.client();
  for (int i = 1; i <= 5; ++i) client.request("POST", "/chat", chat_body("q" + std::to_string(i), "a"));
  const auto newest = client.get("/sessions/a/messages?limit=2").json();
  EXPECT_EQ(keys(newest), Keys({"session_id", "messages", "has_more", "before", "after"}));
  EXPECT_EQ(newest.at("has_more"), true);
  EXPECT_EQ(keys(newest.at("messages").at(0)), Keys({"turn_id", "seq", "timestamp", "created_at", "user_id",
                                                     "question", "answer", "status", "model"}));
  EXPECT_EQ(newest.at("messages").at(1).at("question"), "q5");
  EXPECT_EQ(newest.at("before"), newest.at("messages").at(0).at("timestamp"));
  EXPECT_EQ(newest.at("after"), newest.at("messages").at(1).at("timestamp"));
  const std::string before = json::serialize(newest.at("before"));
  const auto older = client.get("/sessions/a/messages?limit=10&before=" + before).json();
  ASSERT_EQ(older.at("messages").as_array().size(), 3U);
  EXPECT_EQ(older.at("has_more"), false);
  const auto newer = client.get("/sessions/a/messages?limit=10&after=" + before).json();
  ASSERT_EQ(newer.at("messages").as_array().size(), 1U);
  EXPECT_EQ(newer.at("messages").at(0).at("question"), "q5");
  const auto none = client.get("/sessions/a/messages?after=" + json::serialize(newest.at("after"))).json();
  EXPECT_TRUE(none.at("before").is_null());
  EXPECT_TRUE(none.at("after").is_null());
  EXPECT_EQ(client.get("/sessions/nobody/messages").status, 404);
}

TEST(HttpApi, TellsWhatCacheAndStoreHold) {
  HttpRig rig;
  auto client = rig.client();
  client.request("POST", "/chat", chat_body("q", "a"));
  const auto stats = client.get("/sessions/a/stats").json();
  EXPECT_EQ(keys(stats),
            Keys({"session_id", "user_id", "question_count", "question_count_cache", "question_count_store",
                  "pending", "synced", "history_length", "last_activity"}));
  EXPECT_EQ(stats.at("pending"), 1);
  EXPECT_TRUE(stats.at("question_count_store").is_null());
  EXPECT_EQ(client.get("/sessions/nobody/stats").json().at("error").at("code"), "session_not_found");
}

TEST(HttpApi, SyncsInTheWordsOfTheSpecification) {
  HttpRig rig;
  auto client = rig.client();
  for (int i = 0; i < 3; ++i) client.request("POST", "/chat", chat_body("q", "a"));
  EXPECT_EQ(client.get("/sync_now").body, R"({"message":"Đã đồng bộ thành công 3 tin nhắn","synced":3})");
  EXPECT_EQ(client.request("POST", "/sync_now").json().at("synced"), 0);
}

TEST(HttpApi, TellsHowManyTurnsWaitWhenTheStoreIsDown) {
  HttpRig rig;
  auto client = rig.client();
  for (int i = 0; i < 3; ++i) client.request("POST", "/chat", chat_body("q", "a"));
  rig.on_worker(
      [](RigWorker& worker) { worker.store.outage = Error{ErrorKind::unavailable, "down", {}, {}}; });
  const auto response = client.get("/sync_now");
  EXPECT_EQ(response.status, 503);
  EXPECT_FALSE(response.header("retry-after").empty());
  EXPECT_EQ(response.json().at("error").at("code"), "sync_failed");
  EXPECT_EQ(response.json().at("error").at("pending"), 3);
}

}  // namespace
}  // namespace chatsync::http
