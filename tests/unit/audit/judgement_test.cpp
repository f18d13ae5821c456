#include "audit/judgement.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chatsync::audit {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A session whose `count` turns are all stored.
StoreTally stored(std::int64_t count) {
  StoreTally tally;
  tally.session = {.session_id = "s", .user_id = "ann", .question_count = count};
  tally.rows = tally.numbered = tally.distinct_seqs = tally.max_seq = count;
  return tally;
}

SessionView view(std::optional<StoreTally> tally, std::optional<SessionView::Cached> cached = std::nullopt) {
  return {.session_id = "s", .stored = std::move(tally), .cached = cached};
}

TEST(Judgement, FindsNothingWhereEveryTurnIsStored) {
  const Verdict verdict = judge(view(stored(7)));
  EXPECT_THAT(verdict.faults, IsEmpty());
  EXPECT_EQ(verdict.share, (Ledger{.accepted = 7, .stored = 7}));
  EXPECT_THAT(judge(view(stored(7), SessionView::Cached{7, 0})).faults, IsEmpty());
  EXPECT_THAT(judge(view(stored(0))).faults, IsEmpty());
}

TEST(Judgement, CountsPendingTurnsAsTheRestOfTheCount) {
  const Verdict verdict = judge(view(stored(5), SessionView::Cached{7, 2}));
  EXPECT_THAT(verdict.faults, IsEmpty());
  EXPECT_EQ(verdict.share, (Ledger{.accepted = 7, .stored = 5, .pending = 2}));
  EXPECT_THAT(judge(view(std::nullopt, SessionView::Cached{3, 3})).faults, IsEmpty());
}

TEST(Judgement, CountsATurnOnceThatIsStoredAndPending) {
  SessionView both = view(stored(5), SessionView::Cached{5, 2});
  both.stored_and_pending = 2;
  EXPECT_THAT(judge(both).faults, IsEmpty());
  EXPECT_EQ(judge(both).share, (Ledger{.accepted = 5, .stored = 5}));
}

TEST(Judgement, FindsALostTurnBehindAnOverlap) {
  SessionView both = view(stored(5), SessionView::Cached{7, 2});
  both.stored_and_pending = 1;
  EXPECT_THAT(judge(both).faults, ElementsAre(HasSubstr("1 turn accepted and neither stored")));
  EXPECT_EQ(judge(both).share.difference(), 1);
}

TEST(Judgement, FindsATurnThatIsGoneFromTheStore) {
  StoreTally gap = stored(7);
  gap.rows = gap.numbered = gap.distinct_seqs = 6;
  SessionView seen = view(gap);
  seen.missing = {4};
  EXPECT_THAT(judge(seen).faults,
              ElementsAre("1 turn accepted and neither stored, pending nor dead letters: 4"));
  EXPECT_EQ(judge(seen).share.difference(), 1);
}

TEST(Judgement, FindsTurnsThatAreGoneFromTheCache) {
  EXPECT_THAT(judge(view(stored(5), SessionView::Cached{9, 1})).faults,
              ElementsAre("3 turns accepted and neither stored, pending nor dead letters"));
  EXPECT_EQ(judge(view(std::nullopt, SessionView::Cached{4, 1})).share.difference(), 3);
}

TEST(Judgement, FindsMoreTurnsThanWereCounted) {
  StoreTally more = stored(5);
  more.rows = 6;
  const Verdict verdict = judge(view(more));
  EXPECT_THAT(verdict.faults, ElementsAre("1 turn more than the 5 that were counted"));
  EXPECT_EQ(verdict.share.difference(), -1);
}

TEST(Judgement, FindsTwoTurnsWithOneNumberAndTheNumberThatNobodyHas) {
  StoreTally doubled = stored(5);
  doubled.distinct_seqs = 4;
  SessionView seen = view(doubled);
  seen.missing = {2};
  EXPECT_THAT(judge(seen).faults, ElementsAre("1 turn stored with a number that another turn has",
                                              "numbers that no turn has: 2"));
}

TEST(Judgement, FindsANumberBeyondTheCount) {
  StoreTally beyond = stored(5);
  beyond.max_seq = 99;
  EXPECT_THAT(judge(view(beyond)).faults, ElementsAre(HasSubstr("has the number 99, beyond")));
}

TEST(Judgement, FindsACacheThatIsBehind) {
  EXPECT_THAT(judge(view(stored(7), SessionView::Cached{5, 0})).faults,
              ElementsAre("the cache counts 5 turns, the store 7"));
}

TEST(Judgement, FindsTurnsWithoutAFinalNumber) {
  StoreTally late = stored(5);
  late.rows = 7;
  late.unsettled = 2;
  const Verdict verdict = judge(view(late));
  EXPECT_THAT(verdict.faults, ElementsAre(HasSubstr("2 turns taken while the cache was away")));
  EXPECT_EQ(verdict.share.difference(), 0);
}

TEST(Judgement, TakesTurnsOfOtherProgramsWithoutANumber) {
  StoreTally foreign = stored(5);
  foreign.numbered = foreign.distinct_seqs = 3;
  SessionView seen = view(foreign);
  seen.missing = {2, 4};
  EXPECT_THAT(judge(seen).faults, IsEmpty());
}

TEST(Judgement, CountsADeadLetterInThePlaceOfItsTurn) {
  StoreTally lettered = stored(7);
  lettered.rows = lettered.numbered = lettered.distinct_seqs = 5;
  lettered.dead_letters = lettered.discarded_letters = 1;
  lettered.letter_seqs = {3, 4};
  const Verdict verdict = judge(view(lettered));
  EXPECT_THAT(verdict.faults, IsEmpty());
  EXPECT_EQ(verdict.share, (Ledger{.accepted = 7, .stored = 5, .dead_lettered = 2, .discarded = 1}));
}

TEST(Judgement, FindsTheTurnThatIsMissingBesideADeadLetter) {
  StoreTally lettered = stored(7);
  lettered.rows = lettered.numbered = lettered.distinct_seqs = 5;
  lettered.dead_letters = 1;
  lettered.letter_seqs = {3};
  SessionView seen = view(lettered);
  seen.missing = {4};
  EXPECT_THAT(judge(seen).faults, ElementsAre(HasSubstr("1 turn accepted and neither")));
}

TEST(Judgement, TakesDeadLettersThatWereNeverCounted) {
  StoreTally extra = stored(5);
  extra.dead_letters = 3;  // One clashed with turn 2; two have no number.
  extra.letter_seqs = {2};
  const Verdict verdict = judge(view(extra));
  EXPECT_THAT(verdict.faults, IsEmpty());
  EXPECT_EQ(verdict.share.difference(), 0);
  EXPECT_EQ(verdict.share.dead_lettered, 3);
}

TEST(Judgement, CountsTheTurnsOfAnErasedSessionAsDeleted) {
  StoreTally tombstone = stored(0);
  tombstone.session.question_count = 9;
  tombstone.deleted = true;
  const Verdict verdict = judge(view(tombstone));
  EXPECT_THAT(verdict.faults, IsEmpty());
  EXPECT_EQ(verdict.share, (Ledger{.accepted = 9, .deleted = 9}));
}

TEST(Judgement, FindsWhatIsLeftOfAnErasedSession) {
  StoreTally tombstone = stored(2);
  tombstone.deleted = true;
  tombstone.dead_letters = 1;
  EXPECT_THAT(judge(view(tombstone, SessionView::Cached{3, 1})).faults,
              ElementsAre("erased, but 2 turns of it are stored", "erased, but 1 turn of it are dead letters",
                          "erased, but still in the cache (1 pending)"));
}

TEST(Judgement, NeedsTheMissingNumbersOnlyWhereCountsDoNotTellThem) {
  EXPECT_FALSE(needs_missing_numbers(stored(5)));
  StoreTally lettered = stored(5);
  lettered.dead_letters = 1;
  EXPECT_TRUE(needs_missing_numbers(lettered));
  StoreTally gap = stored(5);
  gap.distinct_seqs = 4;
  EXPECT_TRUE(needs_missing_numbers(gap));
}

}  // namespace
}  // namespace chatsync::audit
