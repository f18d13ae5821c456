// TurnCache: seeding, creating, finding, reading and erasing sessions.
#include "contract/cache_contract.hpp"

namespace chatsync::test {
namespace {

class CacheSession : public CacheContract {
 protected:
  /// The session "s" as the store has it after `count` turns.
  void seed(int count) {
    ok(cache().seed({.session = session_after("s", count),
                     .recent = numbered_turns("s", std::max(1, count - 9), count)}));
  }

  Session untouched() {
    return {.session_id = "s",
            .user_id = "bob",
            .title = "Tiêu đề 😀",
            .created_at_us = kDawn,
            .updated_at_us = kDawn};
  }
};

TEST_P(CacheSession, SeedingMakesTheSessionCached) {
  seed(25);
  const auto cached = ok(cache().find("s"));
  ASSERT_TRUE(cached.has_value());
  EXPECT_EQ(cached->session, session_after("s", 25));
  EXPECT_EQ(cached->history_length, kHistoryTurns);
  EXPECT_EQ(cached->pending, 0);
  EXPECT_EQ(ok(cache().history("s")), numbered_turns("s", 16, 25));
}

TEST_P(CacheSession, SeedingKeepsTheTitle) {
  Session session = session_after("s", 1);
  session.title = "Tiêu đề 😀";
  ok(cache().seed({.session = session, .recent = numbered_turns("s", 1, 1)}));
  EXPECT_EQ(ok(cache().find("s"))->session, session);
}

TEST_P(CacheSession, OwnDataAreOwnerTitleAndTimes) {
  ok(cache().create(untouched()));
  const Session own = ok(cache().own_data("s"));
  EXPECT_EQ(own.session_id, "s");
  EXPECT_EQ(own.user_id, untouched().user_id);
  EXPECT_EQ(own.title, untouched().title);
  EXPECT_EQ(own.created_at_us, kDawn);
  EXPECT_EQ(own.updated_at_us, kDawn);
}

TEST_P(CacheSession, OwnDataOfAnUnknownSessionAreEmpty) {
  const Session own = ok(cache().own_data("s"));
  EXPECT_EQ(own, Session{.session_id = "s"});
}

TEST_P(CacheSession, SeededTurnsAreNotPending) {
  seed(25);
  EXPECT_TRUE(pending_of("s").empty());
  EXPECT_EQ(ok(pending_turns().count_pending()), 0);
  EXPECT_TRUE(claim(PassKind::sweep)->empty());
  EXPECT_TRUE(ok(cache().unsynced_sessions_of("ann")).empty());
}

TEST_P(CacheSession, RecordingGoesOnFromTheSeed) {
  seed(25);
  Turn early = turn_of("s", 26);
  early.timestamp_us = kDawn;
  const RecordOutcome outcome = record(early, SessionPresence::unknown);
  EXPECT_EQ(outcome.question_count, 26);
  EXPECT_EQ(outcome.timestamp_us, turn_of("s", 25).timestamp_us + 2);
  const std::vector<Turn> history = ok(cache().history("s"));
  ASSERT_EQ(history.size(), kHistoryTurns);
  EXPECT_EQ(history.front(), numbered_turn("s", 17));
  EXPECT_EQ(history.back().turn_id, early.turn_id);
  EXPECT_EQ(pending_of("s").size(), 1);
}

TEST_P(CacheSession, SeedingDoesNotSetACachedCountBack) {
  seed(25);
  record(turn_of("s", 26), SessionPresence::unknown);
  seed(25);
  EXPECT_EQ(ok(cache().find("s"))->session.question_count, 26);
  EXPECT_EQ(ok(cache().history("s")), numbered_turns("s", 17, 26));
  EXPECT_EQ(pending_of("s"), numbered_turns("s", 26, 26));
}

TEST_P(CacheSession, RacingLoadersAndRecordersCountEachTurnOnce) {
  constexpr int kRecorders = 50;
  std::vector<AsyncResult<void>> seeds;
  std::vector<AsyncResult<RecordOutcome>> recorders;
  for (int number = 26; number < 26 + kRecorders; ++number) {
    recorders.push_back(
        [](TurnCache* into, Turn turn, SessionSeed from) -> AsyncResult<RecordOutcome> {
          const auto seeded = co_await into->seed(std::move(from));
          if (!seeded) co_return std::unexpected(seeded.error());
          co_return co_await into->record(&turn, SessionPresence::unknown);
        }(&cache(), turn_of("s", number),
                                                         SessionSeed{.session = session_after("s", 25),
                                                                     .recent = numbered_turns("s", 16, 25)}));
  }
  for (const auto& outcome : all(std::move(recorders))) ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(ok(cache().find("s"))->session.question_count, 25 + kRecorders);
  EXPECT_EQ(pending_of("s").size(), kRecorders);
}

TEST_P(CacheSession, CreatingMakesASessionWithoutTurns) {
  EXPECT_TRUE(ok(cache().create(untouched())));
  const auto cached = ok(cache().find("s"));
  ASSERT_TRUE(cached.has_value());
  EXPECT_EQ(cached->session, untouched());
  EXPECT_EQ(cached->history_length, 0);
  EXPECT_EQ(cached->pending, 0);
  EXPECT_TRUE(ok(cache().history("s")).empty());
}

TEST_P(CacheSession, CreatingACreatedSessionChangesNothing) {
  Session again = untouched();
  again.title = "Another";
  ok(cache().create(untouched()));
  EXPECT_FALSE(ok(cache().create(again)));
  EXPECT_EQ(ok(cache().find("s"))->session, untouched());
}

TEST_P(CacheSession, CreatingASessionWithTurnsChangesNothing) {
  record_turns("s", 1, 2);
  EXPECT_FALSE(ok(cache().create(untouched())));
  EXPECT_EQ(ok(cache().find("s"))->session, session_after("s", 2));
}

TEST_P(CacheSession, CreatingASeededSessionChangesNothing) {
  seed(25);
  EXPECT_FALSE(ok(cache().create(untouched())));
  EXPECT_EQ(ok(cache().find("s"))->session, session_after("s", 25));
}

TEST_P(CacheSession, ACreatedSessionIsCarriedToTheStore) {
  ok(cache().create(untouched()));
  const SharedBatch batch = claim(PassKind::indexed);
  EXPECT_EQ(batch->sessions, std::vector{untouched()});
  EXPECT_TRUE(batch->turns.empty());
}

TEST_P(CacheSession, ACreatedSessionKeepsItsOwnerAndTitleWhenItGetsTurns) {
  ok(cache().create(untouched()));
  record_turns("s", 1, 1);
  Session expected = untouched();
  expected.question_count = 1;
  expected.updated_at_us = turn_of("s", 1).timestamp_us;
  EXPECT_EQ(ok(cache().find("s"))->session, expected);
  EXPECT_EQ(claim()->sessions, std::vector{expected});
}

TEST_P(CacheSession, FindsNothingOfASessionItDoesNotHold) {
  record_turns("other", 1, 1);
  EXPECT_FALSE(ok(cache().find("s")).has_value());
  EXPECT_TRUE(ok(cache().history("s")).empty());
}

TEST_P(CacheSession, ASessionIsAsOldAsItsFirstTurnAndAsRecentAsItsLast) {
  record_turns("s", 1, 3);
  EXPECT_EQ(ok(cache().find("s"))->session, session_after("s", 3));
}

TEST_P(CacheSession, HistoryHoldsTheLastTenTurnsOldestFirst) {
  record_turns("s", 1, 25);
  EXPECT_EQ(ok(cache().history("s")), numbered_turns("s", 16, 25));
  EXPECT_EQ(ok(cache().find("s"))->history_length, kHistoryTurns);
}

TEST_P(CacheSession, PendingTurnsArePaged) {
  record_turns("s", 1, 9);
  const auto at = [](int number) { return turn_of("s", number).timestamp_us; };
  EXPECT_EQ(pending_of("s", {.limit = 3}), numbered_turns("s", 7, 9));
  EXPECT_EQ(pending_of("s", {.limit = 3, .before_us = at(7)}), numbered_turns("s", 4, 6));
  EXPECT_EQ(pending_of("s", {.limit = 3, .after_us = at(2)}), numbered_turns("s", 3, 5));
  EXPECT_EQ(pending_of("s", {.limit = 30, .before_us = at(3)}), numbered_turns("s", 1, 2));
  EXPECT_EQ(pending_of("s", {.limit = 30, .after_us = at(8)}), numbered_turns("s", 9, 9));
  EXPECT_TRUE(pending_of("s", {.limit = 3, .after_us = at(9)}).empty());
}

TEST_P(CacheSession, ListsTheUnsyncedSessionsOfAUser) {
  ok(cache().create(untouched()));
  record_turns("a", 1, 2);
  record_turns("b", 1, 1);
  const std::vector<Session> of_bob = ok(cache().unsynced_sessions_of("bob"));
  EXPECT_EQ(of_bob, std::vector{untouched()});
  std::vector<Session> of_ann = ok(cache().unsynced_sessions_of("ann"));
  std::ranges::sort(of_ann, {}, &Session::session_id);
  EXPECT_EQ(of_ann, (std::vector{session_after("a", 2), session_after("b", 1)}));
  EXPECT_TRUE(ok(cache().unsynced_sessions_of("ANN")).empty());
}

TEST_P(CacheSession, SyncedSessionsAreNotListedAsUnsynced) {
  ok(cache().create(untouched()));
  record_turns("a", 1, 2);
  sync_everything();
  EXPECT_TRUE(ok(cache().unsynced_sessions_of("bob")).empty());
  EXPECT_TRUE(ok(cache().unsynced_sessions_of("ann")).empty());
}

TEST_P(CacheSession, NamesAPendingTurnAsThePassDoes) {
  record_turns("s", 1, 1);
  const SharedBatch batch = claim();
  ASSERT_EQ(batch->turns.size(), 1);
  EXPECT_EQ(cache().pending_key("s", turn_of("s", 1).timestamp_us), batch->turns[0].key);
}

TEST_P(CacheSession, ErasingForgetsTheSessionAndItsPendingTurns) {
  record_turns("s", 1, 2);
  sync_everything();
  record_turns("s", 3, 5);
  record_turns("other", 1, 1);
  EXPECT_EQ(ok(cache().erase("s")), 3);
  EXPECT_FALSE(ok(cache().find("s")).has_value());
  EXPECT_TRUE(ok(cache().history("s")).empty());
  EXPECT_TRUE(pending_of("s").empty());
  EXPECT_EQ(ok(pending_turns().count_pending()), 1);
  EXPECT_EQ(claimed_turns(PassKind::sweep), numbered_turns("other", 1, 1));
}

TEST_P(CacheSession, AnErasedSessionStaysAwayAfterARestart) {
  record_turns("s", 1, 2);
  ok(cache().erase("s"));
  rig().restart();
  EXPECT_FALSE(ok(cache().find("s")).has_value());
  EXPECT_TRUE(claim(PassKind::sweep)->empty());
}

TEST_P(CacheSession, ErasingACreatedSessionTakesItFromTheUnsyncedOnes) {
  ok(cache().create(untouched()));
  EXPECT_EQ(ok(cache().erase("s")), 0);
  EXPECT_TRUE(claim(PassKind::sweep)->empty());
  EXPECT_TRUE(ok(cache().unsynced_sessions_of("bob")).empty());
}

TEST_P(CacheSession, WhatWasKnownOfASessionBeforeItWasErasedDoesNotBringItBack) {
  record_turns("s", 1, 2);
  ok(cache().erase("s"));
  const auto settled = ok(cache().seed({.session = session_after("s", 2),
                                        .recent = numbered_turns("s", 1, 2),
                                        .unsettled = numbered_turns("s", 3, 3)}));
  EXPECT_TRUE(settled.empty());
  EXPECT_TRUE(ok(record_turn(cache(), numbered_turn("s", 3), SessionPresence::known_new)).session_missing);
  EXPECT_FALSE(ok(cache().create(session_after("s", 0))));
  EXPECT_FALSE(ok(cache().find("s")).has_value());
  EXPECT_TRUE(claim(PassKind::sweep)->empty());
}

TEST_P(CacheSession, ErasingAnUnknownSessionDeletesNothing) { EXPECT_EQ(ok(cache().erase("s")), 0); }

TEST_P(CacheSession, HealthNamesTheCacheAndWhatAnAcceptedTurnSurvives) {
  const CacheHealth health = ok(cache().health());
  EXPECT_EQ(cache().kind(), ::testing::PrintToString(GetParam()));
  EXPECT_FALSE(health.durability.empty());
  EXPECT_EQ(health.durability.find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Contract, CacheSession, every_cache(), cache_name);

}  // namespace
}  // namespace chatsync::test
