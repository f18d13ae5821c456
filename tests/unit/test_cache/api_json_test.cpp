#include "test_cache/api_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chatsync::test_cache {
namespace {

using testing::HasSubstr;

TEST(TestCacheRequest, LeavesOutAnAbsentSession) {
  EXPECT_EQ(encode_chat_request(std::nullopt, "1", "Chào"), R"({"user_id":1,"message":"Chào"})");
}

TEST(TestCacheRequest, SendsAUserIdAsANumberOnlyIfThatKeepsIt) {
  EXPECT_THAT(encode_chat_request("s", "42", "?"), HasSubstr(R"("user_id":42)"));
  EXPECT_THAT(encode_chat_request("s", "007", "?"), HasSubstr(R"("user_id":"007")"));
  EXPECT_THAT(encode_chat_request("s", "+7", "?"), HasSubstr(R"("user_id":"+7")"));
  EXPECT_THAT(encode_chat_request("s", "99999999999999999999", "?"),
              HasSubstr(R"("user_id":"99999999999999999999")"));
}

TEST(TestCacheReply, OfAQuestionIsRead) {
  const auto reply = decode_chat_reply(
      R"({"session_id":"s","turn_id":"t","question_count":7,"answer":"Chào","created_at":"x","durability":"cached"})");
  ASSERT_TRUE(reply) << reply.error();
  EXPECT_EQ(reply->session_id, "s");
  EXPECT_EQ(reply->turn_id, "t");
  EXPECT_EQ(reply->question_count, 7);
  EXPECT_EQ(reply->answer, "Chào");
}

TEST(TestCacheReply, WithoutAFieldNamesTheField) {
  const auto reply =
      decode_chat_reply(R"({"session_id":"s","turn_id":"t","question_count":"7","answer":""})");
  ASSERT_FALSE(reply);
  EXPECT_THAT(reply.error(), HasSubstr("'question_count'"));
}

TEST(TestCacheReply, ThatIsNoObjectIsRefused) {
  EXPECT_FALSE(decode_chat_reply("hello"));
  EXPECT_FALSE(decode_chat_reply("[]"));
  EXPECT_FALSE(decode_chat_reply(""));
}

TEST(TestCacheReply, OfMessagesKeepsTheirOrder) {
  const auto turns = decode_messages(
      R"({"messages":[{"turn_id":"a","seq":1,"question":"q","answer":"r"},{"turn_id":"b","seq":null,"question":"","answer":""}]})");
  ASSERT_TRUE(turns) << turns.error();
  ASSERT_EQ(turns->size(), 2U);
  EXPECT_EQ(turns->at(0).turn_id, "a");
  EXPECT_EQ(turns->at(0).seq, 1);
  EXPECT_EQ(turns->at(1).turn_id, "b");
  EXPECT_EQ(turns->at(1).seq, std::nullopt);
}

TEST(TestCacheReply, OfStatsMayHaveNulls) {
  const auto stats = decode_stats(
      R"({"session_id":"s","user_id":"1","question_count":7,"question_count_cache":null,"question_count_store":5,"pending":2,"synced":5,"history_length":7,"last_activity":null})");
  ASSERT_TRUE(stats) << stats.error();
  EXPECT_EQ(stats->question_count_cache, std::nullopt);
  EXPECT_EQ(stats->question_count_store, 5);
  EXPECT_EQ(stats->pending, 2);
  EXPECT_EQ(stats->last_activity, std::nullopt);
}

TEST(TestCacheReply, OfSyncNeedsOnlyItsMessage) {
  const auto reply = decode_sync_reply(R"({"message":"Đã đồng bộ thành công 3 tin nhắn"})");
  ASSERT_TRUE(reply) << reply.error();
  EXPECT_EQ(reply->message, "Đã đồng bộ thành công 3 tin nhắn");
  EXPECT_EQ(reply->synced, std::nullopt);
  EXPECT_EQ(reply->dead_lettered, 0);
}

TEST(TestCacheError, IsOneLineWithStatusCodeAndMessage) {
  EXPECT_EQ(
      describe_error(503, R"({"error":{"message":"the store\nis down","code":"sync_failed","pending":4}})"),
      "503 sync_failed: the store is down (4 turns wait)");
}

TEST(TestCacheError, OfAnotherServerStillNamesTheStatus) {
  EXPECT_EQ(describe_error(502, "<html>"), "502 without a described error");
  EXPECT_EQ(describe_error(500, R"({"error":"oops"})"), "500 without a described error");
}

}  // namespace
}  // namespace chatsync::test_cache
