#include "test_cache/checks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session_fixture.hpp"

namespace chatsync::test_cache {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(TestCacheChecks, FindNothingWrongWithASoundSession) {
  const SessionReport report = check_session(sound_run(12));
  EXPECT_THAT(report.differences, IsEmpty());
  EXPECT_EQ(report.sent, 12);
  EXPECT_EQ(report.acknowledged, 12);
  EXPECT_EQ(report.count_expected, 12);
  EXPECT_EQ(report.count_found, 12);
  EXPECT_EQ(report.history_found, 10);
  EXPECT_EQ(report.history_expected, 10);
  EXPECT_EQ(report.pending, 0);
  EXPECT_EQ(report.synced, 12);
}

TEST(TestCacheChecks, FindNothingWrongWithASessionThatSeveralClientsWroteTo) {
  const SessionReport report = check_session(sound_shared_run());
  EXPECT_THAT(report.differences, IsEmpty());
  EXPECT_EQ(report.count_before, 2);
  EXPECT_EQ(report.count_expected, 8);
  EXPECT_EQ(report.history_found, 8);
}

TEST(TestCacheChecks, ExpectTheCountOfBeforePlusWhatWasAcknowledged) {
  SessionRun run = sound_run(3);
  run.after.stats->question_count = run.after.stats->synced = 4;
  EXPECT_THAT(check_session(run).differences, ElementsAre(HasSubstr("question_count is 4, expected 3")));
}

TEST(TestCacheChecks, NamePendingTurnsAfterASynchronisation) {
  SessionRun run = sound_run(3);
  run.after.stats->pending = 1;
  EXPECT_THAT(check_session(run).differences, ElementsAre(HasSubstr("1 of its turns pending")));
}

TEST(TestCacheChecks, NameTurnsThatTheStoreLacksAfterASynchronisation) {
  SessionRun run = sound_run(3);
  run.after.stats->synced = 2;
  EXPECT_THAT(check_session(run).differences, ElementsAre(HasSubstr("the store has 2 turns of 3")));
}

TEST(TestCacheChecks, LetTurnsBePendingWithoutASynchronisation) {
  SessionRun run = sound_run(3);
  run.synchronised = false;
  run.after.stats->pending = 3;
  run.after.stats->synced = 0;
  EXPECT_THAT(check_session(run).differences, IsEmpty());
}

TEST(TestCacheChecks, NameTheCauseOfAMessageThatWasNotAcknowledged) {
  SessionRun run = sound_run(2);
  run.clients.front().sent = 3;
  run.clients.front().failed.push_back(
      {.message = 3,
       .question = "?",
       .error = {.kind = ApiError::Kind::status, .status = 503, .text = "503 cache_unavailable: down"}});
  const SessionReport report = check_session(run);
  EXPECT_THAT(report.differences, ElementsAre("message 3 was not acknowledged: 503 cache_unavailable: down"));
  EXPECT_EQ(report.count_expected_most, 2);
}

TEST(TestCacheChecks, AcceptEitherCountWhenAReplyNeverCame) {
  SessionRun recorded = sound_run(3);
  lose_last_reply(recorded);
  EXPECT_THAT(check_session(recorded).differences, ElementsAre(HasSubstr("Timeout was reached")));

  SessionRun lost = sound_run(3);
  lose_last_reply(lost);
  lost.after.stats = sound_stats(2);
  lost.after.history->pop_back();
  EXPECT_THAT(check_session(lost).differences, ElementsAre(HasSubstr("Timeout was reached")));
}

TEST(TestCacheChecks, NameWhatCouldNotBeRead) {
  SessionRun run = sound_run(1);
  run.after = {};
  run.read_errors = {"cannot read the statistics: 500"};
  const SessionReport report = check_session(run);
  EXPECT_THAT(report.differences, ElementsAre("cannot read the statistics: 500"));
  EXPECT_FALSE(report.count_found);
  EXPECT_FALSE(report.history_found);
}

TEST(TestCacheSyncReply, WithTheMessageOfTheSpecificationIsSound) {
  EXPECT_FALSE(check_sync_reply({.message = "Đã đồng bộ thành công 12 tin nhắn", .synced = 12}));
  EXPECT_FALSE(check_sync_reply({.message = "Đã đồng bộ thành công 0 tin nhắn", .synced = std::nullopt}));
}

TEST(TestCacheSyncReply, WithAnotherMessageDiffers) {
  EXPECT_TRUE(check_sync_reply({.message = "Da dong bo thanh cong 12 tin nhan", .synced = 12}));
  EXPECT_TRUE(check_sync_reply({.message = "Đã đồng bộ thành công  tin nhắn", .synced = 0}));
  EXPECT_TRUE(check_sync_reply({.message = "Đã đồng bộ thành công X tin nhắn", .synced = std::nullopt}));
}

TEST(TestCacheSyncReply, WithTwoDifferentNumbersDiffers) {
  EXPECT_TRUE(check_sync_reply({.message = "Đã đồng bộ thành công 12 tin nhắn", .synced = 11}));
}

}  // namespace
}  // namespace chatsync::test_cache
