// TurnCache::record.
#include "contract/cache_contract.hpp"

namespace chatsync::test {
namespace {

class CacheRecord : public CacheContract {};

TEST_P(CacheRecord, ReportsASessionItDoesNotHoldAndChangesNothing) {
  const RecordOutcome outcome = record(turn_of("s", 1), SessionPresence::unknown);
  EXPECT_TRUE(outcome.session_missing);
  EXPECT_FALSE(ok(cache().find("s")).has_value());
  EXPECT_TRUE(ok(cache().history("s")).empty());
  EXPECT_TRUE(pending_of("s").empty());
  EXPECT_EQ(ok(pending_turns().count_pending()), 0);
  EXPECT_TRUE(claim(PassKind::sweep)->empty());
}

TEST_P(CacheRecord, StartsAKnownNewSessionFromNothing) {
  const RecordOutcome outcome = record(turn_of("s", 1), SessionPresence::known_new);
  EXPECT_FALSE(outcome.session_missing);
  EXPECT_EQ(outcome.question_count, 1);
  EXPECT_EQ(outcome.timestamp_us, turn_of("s", 1).timestamp_us);
}

TEST_P(CacheRecord, StartsAKnownNewSessionFromTheCountThatIsCached) {
  record_turns("s", 1, 3);
  EXPECT_EQ(record(turn_of("s", 4), SessionPresence::known_new).question_count, 4);
}

TEST_P(CacheRecord, RecordsIntoASessionItHoldsWithoutKnowingMore) {
  record_turns("s", 1, 1);
  const RecordOutcome outcome = record(turn_of("s", 2), SessionPresence::unknown);
  EXPECT_FALSE(outcome.session_missing);
  EXPECT_EQ(outcome.question_count, 2);
}

TEST_P(CacheRecord, RecordingChangesCountHistoryPendingAndDirtyTogether) {
  for (int number = 1; number <= 3; ++number) {
    record(turn_of("s", number));
    const std::vector<Turn> expected = numbered_turns("s", 1, number);
    const auto cached = ok(cache().find("s"));
    ASSERT_TRUE(cached.has_value());
    EXPECT_EQ(cached->session.question_count, number);
    EXPECT_EQ(cached->history_length, number);
    EXPECT_EQ(cached->pending, number);
    EXPECT_EQ(ok(cache().history("s")), expected);
    EXPECT_EQ(pending_of("s"), expected);
    EXPECT_EQ(claimed_turns(PassKind::indexed), expected);
  }
}

TEST_P(CacheRecord, IgnoresTheSeqOfATurn) {
  Turn turn = turn_of("s", 1);
  turn.seq = 77;
  EXPECT_EQ(record(turn).question_count, 1);
  EXPECT_EQ(pending_of("s"), numbered_turns("s", 1, 1));
}

TEST_P(CacheRecord, GivesTheNextTimestampWhenTheProposedOneIsTaken) {
  Turn second = turn_of("s", 2);
  second.timestamp_us = turn_of("s", 1).timestamp_us;
  record(turn_of("s", 1));
  EXPECT_EQ(record(second).timestamp_us, turn_of("s", 1).timestamp_us + 2);
}

TEST_P(CacheRecord, TimestampsFollowSeqWhateverTheClocksSay) {
  const std::vector<int> jumps{5, 1, 5, 4, 9, 2, 9, 9, 1, 10};
  std::vector<std::int64_t> given;
  for (std::size_t i = 0; i < jumps.size(); ++i) {
    Turn turn = turn_of("s", static_cast<int>(i) + 1);
    turn.timestamp_us = kDawn + jumps[i];
    given.push_back(record(turn).timestamp_us);
  }
  const std::vector<std::int64_t> expected{kDawn + 4,  kDawn + 6,  kDawn + 8,  kDawn + 10, kDawn + 12,
                                           kDawn + 14, kDawn + 16, kDawn + 18, kDawn + 20, kDawn + 22};
  EXPECT_EQ(given, expected);
}

TEST_P(CacheRecord, TimestampsGoOnAfterTheLastSyncedTurn) {
  record_turns("s", 1, 3);
  sync_everything();
  Turn early = turn_of("s", 4);
  early.timestamp_us = kDawn - 1'000'000;
  EXPECT_EQ(record(early).timestamp_us, turn_of("s", 3).timestamp_us + 2);
}

TEST_P(CacheRecord, SessionsHaveTimestampsOfTheirOwn) {
  Turn other = turn_of("b", 1);
  record(turn_of("a", 1));
  EXPECT_EQ(record(other).timestamp_us, other.timestamp_us);
}

TEST_P(CacheRecord, TheSameWordsTwiceAreTwoTurns) {
  Turn again = turn_of("s", 1);
  again.turn_id = "another-id";
  record(turn_of("s", 1));
  EXPECT_EQ(record(again).question_count, 2);
  EXPECT_EQ(pending_of("s").size(), 2);
}

TEST_P(CacheRecord, TheFirstRecorderOwnsTheSession) {
  Turn by_bob = turn_of("s", 2);
  by_bob.user_id = "bob";
  record(turn_of("s", 1));
  record(by_bob);
  EXPECT_EQ(ok(cache().find("s"))->session.user_id, "ann");
  EXPECT_EQ(pending_of("s").back().user_id, "bob");
}

TEST_P(CacheRecord, SessionIdsDifferInCase) {
  record(turn_of("abc", 1));
  EXPECT_EQ(record(turn_of("ABC", 1)).question_count, 1);
  EXPECT_EQ(claim()->turns.size(), 2);
}

TEST_P(CacheRecord, KeepsTextsByteForByte) {
  std::vector<Turn> expected;
  for (const std::string& text : awkward_texts()) {
    Turn turn = turn_of("s", static_cast<int>(expected.size()) + 1);
    turn.question = text;
    turn.answer = "to " + text;
    turn.seq = record(turn).question_count;
    expected.push_back(turn);
  }
  EXPECT_EQ(pending_of("s"), expected);
  EXPECT_EQ(claimed_turns(), expected);
  expected.erase(expected.begin(), expected.end() - kHistoryTurns);
  EXPECT_EQ(ok(cache().history("s")), expected);
}

TEST_P(CacheRecord, KeepsAnIncompleteAnswerAsSuch) {
  Turn turn = numbered_turn("s", 1);
  turn.status = TurnStatus::incomplete;
  turn.model = "some/model:7b";
  record(turn);
  EXPECT_EQ(pending_of("s"), std::vector{turn});
  EXPECT_EQ(ok(cache().history("s")), std::vector{turn});
}

TEST_P(CacheRecord, CountsEveryTurnOfManyRecordersOnce) {
  constexpr int kTurns = 500;
  std::vector<AsyncResult<RecordOutcome>> recorders;
  for (int number = 1; number <= kTurns; ++number) {
    Turn turn = turn_of("s", number);
    turn.timestamp_us = kDawn;
    recorders.push_back(record_turn(cache(), std::move(turn), SessionPresence::known_new));
  }
  std::vector<std::int64_t> counts;
  for (const auto& outcome : all(std::move(recorders))) {
    ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
    counts.push_back(outcome->question_count);
    EXPECT_EQ(outcome->timestamp_us, kDawn + 2 * (outcome->question_count - 1));
  }
  std::ranges::sort(counts);
  for (int number = 1; number <= kTurns; ++number) EXPECT_EQ(counts[number - 1], number);
  EXPECT_EQ(pending_of("s").size(), kTurns);
}

TEST_P(CacheRecord, EverythingIsThereAfterARestart) {
  record_turns("s", 1, 12);
  ok(cache().create({.session_id = "empty",
                     .user_id = "bob",
                     .title = "Nothing yet",
                     .created_at_us = kDawn,
                     .updated_at_us = kDawn}));
  rig().restart();

  EXPECT_EQ(ok(cache().find("s"))->session, session_after("s", 12));
  EXPECT_EQ(ok(cache().history("s")), numbered_turns("s", 3, 12));
  EXPECT_EQ(pending_of("s"), numbered_turns("s", 1, 12));
  EXPECT_EQ(ok(pending_turns().count_pending()), 12);
  EXPECT_EQ(claimed_turns(), numbered_turns("s", 1, 12));
  EXPECT_EQ(ok(cache().find("empty"))->session.title, "Nothing yet");
  EXPECT_EQ(ok(cache().unsynced_sessions_of("bob")).size(), 1);
  Turn early = turn_of("s", 13);
  early.timestamp_us = kDawn;
  const RecordOutcome outcome = record(early, SessionPresence::unknown);
  EXPECT_EQ(outcome.question_count, 13);
  EXPECT_EQ(outcome.timestamp_us, turn_of("s", 12).timestamp_us + 2);
}

TEST_P(CacheRecord, SyncedSessionsAreThereAfterARestart) {
  record_turns("s", 1, 12);
  sync_everything();
  rig().restart();
  EXPECT_EQ(ok(cache().find("s"))->session, session_after("s", 12));
  EXPECT_EQ(ok(cache().history("s")), numbered_turns("s", 3, 12));
  EXPECT_TRUE(pending_of("s").empty());
  EXPECT_TRUE(claim(PassKind::sweep)->empty());
}

TEST_P(CacheRecord, KeepsWhatElseIsKnownOfATurn) {
  record(turn_of("s", 1));
  Turn detailed = turn_of("s", 2);
  detailed.details = R"({"latency_ms":12,"asked":[{"role":"user","content":"\"x\\ny\" 😀"}]})";
  record(detailed);
  Turn last = turn_of("s", 3);
  last.details = "{}";
  record(last, SessionPresence::unknown);
  for (const auto& turns : {ok(cache().history("s")), pending_of("s"), claimed_turns()}) {
    ASSERT_EQ(turns.size(), 3U);
    EXPECT_EQ(turns[0].details, "");
    EXPECT_EQ(turns[1].details, detailed.details);
    EXPECT_EQ(turns[2].details, "{}");
  }
}

INSTANTIATE_TEST_SUITE_P(Contract, CacheRecord, every_cache(), cache_name);

}  // namespace

}  // namespace chatsync::test
