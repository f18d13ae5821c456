#include "test_cache/count_checks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session_fixture.hpp"

namespace chatsync::test_cache {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(TestCacheReplies, EachCountIsOneAboveTheOneBefore) {
  SessionRun run = sound_run(4);
  run.clients.front().acknowledged[2].reply.question_count = 4;
  run.clients.front().acknowledged[3].reply.question_count = 5;
  EXPECT_THAT(check_replies(run),
              ElementsAre("the reply to message 3 has question_count 4, expected 3 (after 2)"));
}

TEST(TestCacheReplies, ACountThatStaysDiffers) {
  SessionRun run = sound_run(2);
  run.clients.front().acknowledged[1].reply.question_count = 1;
  EXPECT_THAT(check_replies(run), ElementsAre(HasSubstr("question_count 1, expected 2")));
}

TEST(TestCacheReplies, TheFirstCountFollowsTheSessionAsItWas) {
  SessionRun run = sound_run(2);
  run.before.question_count = 7;
  EXPECT_THAT(check_replies(run), ElementsAre(HasSubstr("question_count 1, expected 8")));
}

TEST(TestCacheReplies, AllNameTheSameSession) {
  SessionRun run = sound_run(2);
  run.clients.front().acknowledged[1].reply.session_id = "other";
  EXPECT_THAT(check_replies(run), ElementsAre("the reply to message 2 names session 'other'"));
}

TEST(TestCacheReplies, NoTurnIdComesTwice) {
  SessionRun run = sound_run(2);
  run.clients.front().acknowledged[1].reply.turn_id = "t1";
  EXPECT_THAT(check_replies(run), ElementsAre("the reply to message 2 repeats turn_id t1"));
}

TEST(TestCacheSharedSession, IsInTheOrderOfItsCounts) {
  std::vector<std::int64_t> counts;
  for (const Acknowledged& turn : in_session_order(sound_shared_run())) {
    counts.push_back(turn.reply.question_count);
  }
  EXPECT_THAT(counts, ElementsAre(3, 4, 5, 6, 7, 8));
}

TEST(TestCacheSharedSession, ACountThatTwoRepliesHaveDiffers) {
  SessionRun run = sound_shared_run();
  run.clients[1].acknowledged[2].reply.question_count = 7;
  EXPECT_THAT(check_replies(run), ElementsAre("two replies have question_count 7"));
}

TEST(TestCacheSharedSession, ACountThatNoReplyHasDiffers) {
  SessionRun run = sound_shared_run();
  run.clients[1].acknowledged[2].reply.question_count = 9;
  EXPECT_THAT(check_replies(run), ElementsAre("no reply has question_count 8, after 7 comes 9"));
}

TEST(TestCacheSharedSession, ACountThatFallsForOneClientDiffers) {
  SessionRun run = sound_shared_run();
  std::swap(run.clients[0].acknowledged[1].reply.question_count,
            run.clients[0].acknowledged[2].reply.question_count);
  EXPECT_THAT(check_replies(run),
              ElementsAre("the reply to message 3 of client 1 has question_count 6, not above 7 before it"));
}

TEST(TestCacheSharedSession, AReplyThatNeverCameMayLeaveAGap) {
  SessionRun run = sound_shared_run();
  lose_last_reply(run);  // it had count 7, and 8 was acknowledged
  EXPECT_THAT(check_replies(run), ElementsAre(HasSubstr("message 3 of client 1 was not acknowledged")));
}

TEST(TestCacheReplies, AnErrorReplyIsNoUnknownOutcome) {
  SessionRun run = sound_run(3);
  lose_last_reply(run);
  EXPECT_THAT(questions_of_unknown_outcome(run), ElementsAre(question_text(1, 3)));
  run.clients.front().failed.front().error.kind = ApiError::Kind::status;
  EXPECT_THAT(questions_of_unknown_outcome(run), IsEmpty());
  run.clients.front().failed.front().error.kind = ApiError::Kind::no_connection;
  EXPECT_THAT(questions_of_unknown_outcome(run), IsEmpty());
}

}  // namespace
}  // namespace chatsync::test_cache
