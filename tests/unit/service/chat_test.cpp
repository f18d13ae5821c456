#include "unit/service/service_fixture.hpp"

namespace chatsync::service {
namespace {

class ChatTest : public ServiceFixture {};

TEST_F(ChatTest, AnswersAndCounts) {
  const auto first = chat("abc", "hello");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->session_id, "abc");
  EXPECT_EQ(first->answer, "Echo: hello");
  EXPECT_EQ(first->question_count, 1);
  EXPECT_EQ(chat("abc", "again")->question_count, 2);
}

TEST_F(ChatTest, MakesASessionWhenNoneIsNamed) {
  const auto reply = chat(std::nullopt, "hello");
  ASSERT_TRUE(reply);
  EXPECT_TRUE(is_session_id(reply->session_id));
  EXPECT_EQ(chat(reply->session_id, "again")->question_count, 2);
}

TEST_F(ChatTest, AsksTheStoreNothingForASessionItHasJustMade) {
  store.outage = store_down();
  EXPECT_TRUE(chat(std::nullopt, "hello"));
}

TEST_F(ChatTest, AsksTheStoreNothingForACachedSession) {
  chat("abc", "hello");
  store.outage = store_down();
  EXPECT_EQ(chat("abc", "again")->question_count, 2);
}

TEST_F(ChatTest, ContinuesAnEvictedSessionWhereTheStoreLeftIt) {
  for (int i = 0; i < 12; ++i) chat("abc", "question " + std::to_string(i));
  sync();
  cache.sessions.clear();
  EXPECT_EQ(chat("abc", "one more")->question_count, 13);
  const auto history = test::run_coroutine(io, cache.history("abc"));
  ASSERT_EQ(history->size(), 10U);
  EXPECT_EQ(history->front().question, "question 3");
  EXPECT_EQ(history->back().question, "one more");
}

TEST_F(ChatTest, ContinuesAfterTheLastStoredTurnThoughTheClockWentBack) {
  const auto before = chat("abc", "hello");
  sync();
  cache.sessions.clear();
  clock.set_wall_clock_us(1'000);
  EXPECT_GT(chat("abc", "again")->created_at_us, before->created_at_us);
}

TEST_F(ChatTest, RefusesATurnWhenTheSessionCannotBeLoaded) {
  store.outage = store_down();
  const auto reply = chat("abc", "hello");
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, ErrorKind::unavailable);
  EXPECT_TRUE(cache.sessions.empty());
}

TEST_F(ChatTest, RefusesADeletedSession) {
  chat("abc", "hello");
  test::run_coroutine(io, service.erase_session("abc"));
  const auto reply = chat("abc", "again");
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, "session_deleted");
}

TEST_F(ChatTest, PassesOnWhyTheCacheFailed) {
  cache.outage = Error{.kind = ErrorKind::overloaded, .message = "out of memory"};
  const auto reply = chat(std::nullopt, "hello");
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, ErrorKind::overloaded);
  EXPECT_EQ(metrics.turns_failed.value(), 1U);
}

TEST_F(ChatTest, RepliesToSyncedOnlyWhenTheTurnIsStored) {
  const auto reply = chat("abc", "hello", Durability::synced);
  ASSERT_TRUE(reply);
  EXPECT_EQ(store.rows.size(), 1U);
  EXPECT_EQ(pending_turns(), 0U);
}

TEST_F(ChatTest, SaysThatATurnIsRecordedWhenOnlyItsCommitFailed) {
  chat("abc", "hello");
  store.outage = store_down();
  const auto reply = chat("abc", "again", Durability::synced);
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, "recorded_not_synced");
  EXPECT_EQ(pending_turns(), 2U);
}

}  // namespace
}  // namespace chatsync::service
