#include "test_cache/history_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "session_fixture.hpp"

namespace chatsync::test_cache {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

HistoryVerdict verdict_of(const SessionRun& run) { return check_history(run, *run.after.history); }

TEST(TestCacheHistory, OfALongSessionIsTheLastTen) {
  const HistoryVerdict verdict = verdict_of(sound_run(25));
  EXPECT_EQ(verdict.expected, 10);
  EXPECT_EQ(verdict.in_place, 10);
  EXPECT_THAT(verdict.differences, IsEmpty());
}

TEST(TestCacheHistory, OfAContinuedSessionBeginsWithTheTurnsOfBefore) {
  SessionRun run = sound_shared_run();
  EXPECT_THAT(verdict_of(run).differences, IsEmpty());
  run.after.history->front().turn_id = "foreign";
  EXPECT_THAT(verdict_of(run).differences, ElementsAre(HasSubstr("is turn foreign, expected t1")));
}

TEST(TestCacheHistory, OutOfOrderDiffers) {
  SessionRun run = sound_run(5);
  std::swap((*run.after.history)[3], (*run.after.history)[4]);
  const HistoryVerdict verdict = verdict_of(run);
  EXPECT_EQ(verdict.in_place, 3);
  EXPECT_THAT(verdict.differences, Contains(HasSubstr("place 1 from the end is turn t4, expected t5")));
  EXPECT_THAT(verdict.differences, Contains(HasSubstr("seq 4 stands after seq 5")));
}

TEST(TestCacheHistory, WithoutATurnDiffers) {
  SessionRun run = sound_run(5);
  run.after.history->erase(run.after.history->begin());
  const HistoryVerdict verdict = verdict_of(run);
  EXPECT_EQ(verdict.in_place, 4);
  EXPECT_THAT(verdict.differences, ElementsAre("history: holds 4 turns, expected 5"));
}

TEST(TestCacheHistory, WithATurnTooManyDiffers) {
  SessionRun run = sound_run(5);
  run.after.history->insert(run.after.history->begin(), history_turn(acknowledged_turn(9, 1, 0)));
  EXPECT_THAT(verdict_of(run).differences, ElementsAre("history: holds 6 turns, expected 5"));
}

TEST(TestCacheHistory, WithAChangedQuestionDiffers) {
  SessionRun run = sound_run(2);
  run.after.history->back().question += "?";
  EXPECT_THAT(verdict_of(run).differences, ElementsAre(HasSubstr("(turn t2) has another question")));
}

TEST(TestCacheHistory, WithAChangedAnswerDiffers) {
  SessionRun run = sound_run(2);
  run.after.history->back().answer = "";
  EXPECT_THAT(verdict_of(run).differences, ElementsAre(HasSubstr("(turn t2) has another answer")));
}

TEST(TestCacheHistory, MayHoldATurnWhoseReplyNeverCame) {
  SessionRun run = sound_run(12);
  lose_last_reply(run);
  const HistoryVerdict verdict = verdict_of(run);
  EXPECT_THAT(verdict.differences, IsEmpty());
  EXPECT_EQ(verdict.expected, 9);
  EXPECT_EQ(verdict.in_place, 9);
}

TEST(TestCacheHistory, OfForeignTurnsNeedsNoSequenceNumbers) {
  SessionRun run = sound_run(3);
  for (HistoryTurn& turn : *run.after.history) turn.seq.reset();
  EXPECT_THAT(verdict_of(run).differences, IsEmpty());
}

}  // namespace
}  // namespace chatsync::test_cache
