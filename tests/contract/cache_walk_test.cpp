// PendingTurns: how long the oldest has waited, and a walk over all that is cached.
#include <fmt/format.h>

#include <map>

#include "contract/cache_contract.hpp"

namespace chatsync::test {
namespace {

class CacheWalk : public CacheContract {
 protected:
  std::optional<std::int64_t> oldest() { return ok(pending_turns().oldest_pending_us()); }

  std::map<std::string, SessionTally> walk(std::size_t max_sessions = 1'000) {
    const auto sessions = pending_turns().walk_sessions();
    std::map<std::string, SessionTally> seen;
    while (true) {
      const std::vector<SessionTally> tallies = ok(sessions->next(max_sessions));
      if (tallies.empty()) return seen;
      for (const SessionTally& tally : tallies) seen[tally.session_id] = tally;
    }
  }
};

TEST_P(CacheWalk, NothingWaitsInAnEmptyCache) { EXPECT_EQ(oldest(), std::nullopt); }

TEST_P(CacheWalk, TellsSinceWhenTheOldestTurnWaits) {
  record_turns("b", 5, 8);
  record_turns("a", 3, 9);
  record_turns("c", 4, 4);
  EXPECT_EQ(oldest(), turn_of("a", 3).timestamp_us);
  ok(cache().erase("a"));
  EXPECT_EQ(oldest(), turn_of("c", 4).timestamp_us);
  sync_everything();
  EXPECT_EQ(oldest(), std::nullopt);
  record_turns("c", 20, 20);
  EXPECT_EQ(oldest(), turn_of("c", 20).timestamp_us);
}

TEST_P(CacheWalk, NoPendingTurnIsOlderThanTheOldest) {
  record_turns("s", 1, 9);
  const SharedBatch all = claim();
  TurnBatch some;
  some.sessions = all->sessions;
  for (const PendingTurn& pending : all->turns) {
    if (*pending.turn.seq <= 4) some.turns.push_back(pending);
  }
  acknowledge(std::make_shared<const TurnBatch>(std::move(some)));
  ASSERT_TRUE(oldest().has_value());
  EXPECT_LE(*oldest(), turn_of("s", 5).timestamp_us);
}

TEST_P(CacheWalk, ACreatedSessionWaitsToo) {
  ok(cache().create({.session_id = "s", .user_id = "ann", .created_at_us = kDawn, .updated_at_us = kDawn}));
  EXPECT_EQ(oldest(), kDawn);
  sync_everything();
  EXPECT_EQ(oldest(), std::nullopt);
}

TEST_P(CacheWalk, TheOldestIsKnownAfterARestart) {
  record_turns("s", 2, 4);
  rig().restart();
  EXPECT_EQ(oldest(), turn_of("s", 2).timestamp_us);
}

TEST_P(CacheWalk, WalksNothingInAnEmptyCache) { EXPECT_TRUE(walk().empty()); }

TEST_P(CacheWalk, VisitsEverySessionWhateverItsState) {
  for (int s = 0; s < 200; ++s) {
    ok(cache().seed({.session = session_after(fmt::format("seeded-{}", s), 3)}));
  }
  record_turns("synced", 1, 12);
  sync_everything();
  record_turns("synced", 13, 13);
  record_turns("pending", 1, 3);
  ok(cache().create(
      {.session_id = "empty", .user_id = "ann", .created_at_us = kDawn, .updated_at_us = kDawn}));
  record_turns("erased", 1, 1);
  ok(cache().erase("erased"));

  const auto seen = walk(50);
  EXPECT_EQ(seen.size(), 203);
  EXPECT_EQ(seen.at("seeded-123").question_count, 3);
  EXPECT_EQ(seen.at("seeded-123").pending, 0);
  EXPECT_EQ(seen.at("synced").question_count, 13);
  EXPECT_EQ(seen.at("synced").pending, 1);
  EXPECT_EQ(seen.at("synced").history_length, 10);
  EXPECT_EQ(seen.at("pending").question_count, 3);
  EXPECT_EQ(seen.at("pending").pending, 3);
  EXPECT_EQ(seen.at("pending").history_length, 3);
  EXPECT_EQ(seen.at("empty").question_count, 0);
}

TEST_P(CacheWalk, VisitsWhatStaysWhileOthersComeAndGo) {
  for (int s = 0; s < 100; ++s) record_turns(fmt::format("stays-{}", s), 1, 1);
  const auto sessions = pending_turns().walk_sessions();
  std::map<std::string, SessionTally> seen;
  for (int step = 0;; ++step) {
    const std::vector<SessionTally> tallies = ok(sessions->next(7));
    if (tallies.empty()) break;
    for (const SessionTally& tally : tallies) seen[tally.session_id] = tally;
    record_turns(fmt::format("comes-{}", step), 1, 1);
    if (step > 0) ok(cache().erase(fmt::format("comes-{}", step - 1)));
  }
  for (int s = 0; s < 100; ++s) EXPECT_TRUE(seen.contains(fmt::format("stays-{}", s)));
}

INSTANTIATE_TEST_SUITE_P(Contract, CacheWalk, every_cache(), cache_name);

}  // namespace
}  // namespace chatsync::test
