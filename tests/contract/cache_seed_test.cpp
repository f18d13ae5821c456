// TurnCache::seed and forget_settled: a cache that lies behind the store, and turns that the store took for
// it.
#include "contract/cache_contract.hpp"
#include "support/eventually.hpp"

namespace chatsync {

void PrintTo(const SettledTurn& turn, std::ostream* out) {
  *out << turn.timestamp_us - test::kDawn << " is " << turn.seq << " at "
       << turn.final_timestamp_us - test::kDawn;
}

namespace test {
namespace {

std::int64_t stamp_of(int number) { return turn_of("s", number).timestamp_us; }

/// Turn `number` settled as `seq` at its own time.
SettledTurn settled_as(int number, std::int64_t seq) {
  return {.timestamp_us = stamp_of(number), .seq = seq, .final_timestamp_us = stamp_of(number)};
}

class CacheSeed : public CacheContract {
 protected:
  /// What the store knows of a session with `count` settled turns and unsettled ones from `first` to `last`.
  static SessionSeed stored(int count, int first = 1, int last = 0, const std::string& session_id = "s") {
    SessionSeed seed{.session = session_after(session_id, count)};
    if (count > 0) seed.recent = numbered_turns(session_id, std::max(1, count - 9), count);
    for (int number = first; number <= last; ++number) {
      seed.unsettled.push_back(turn_of(session_id, number));
      seed.session.updated_at_us = seed.unsettled.back().timestamp_us;
    }
    return seed;
  }

  std::vector<SettledTurn> seed(SessionSeed from) { return ok(cache().seed(std::move(from))); }

  std::int64_t count_of(const std::string& session_id) {
    const auto cached = ok(cache().find(session_id));
    return cached ? cached->session.question_count : -1;
  }

  std::vector<std::string> history_of(const std::string& session_id) {
    return turn_ids(ok(cache().history(session_id)));
  }

  /// Records a turn whose clock is far behind.
  RecordOutcome record_early(int number) {
    Turn early = turn_of("s", number);
    early.timestamp_us = kDawn - 1'000'000;
    return record(early, SessionPresence::unknown);
  }

  static std::vector<std::string> ids(int first, int last) {
    return turn_ids(numbered_turns("s", first, last));
  }

  /// With so many turns cached, and a store that tells of 25 without having their rows.
  void expect_next_turn_after_the_stores_last(int recorded) {
    record_turns("s", 1, recorded);
    SessionSeed without_turns = stored(25);
    without_turns.recent.clear();
    seed(without_turns);
    EXPECT_EQ(ok(cache().find("s"))->session.updated_at_us, stamp_of(25));
    const RecordOutcome next = record_early(26);
    EXPECT_EQ(next.question_count, 26);
    EXPECT_EQ(next.timestamp_us, stamp_of(25) + 2);
    std::vector<std::string> history = ids(1, recorded);
    history.push_back("s-turn-26");
    EXPECT_EQ(history_of("s"), history);
  }
};

TEST_P(CacheSeed, RaisesACountThatIsBehindTheStore) {
  record_turns("s", 1, 2);
  seed(stored(25));
  EXPECT_EQ(ok(cache().find("s"))->session, session_after("s", 25));
  EXPECT_EQ(ok(cache().history("s")), numbered_turns("s", 16, 25));
  const RecordOutcome next = record_early(26);
  EXPECT_EQ(next.question_count, 26);
  EXPECT_EQ(next.timestamp_us, stamp_of(25) + 2);
}

TEST_P(CacheSeed, RaisingKeepsWhatIsPending) {
  record_turns("s", 1, 2);
  seed(stored(25));
  EXPECT_EQ(pending_of("s"), numbered_turns("s", 1, 2));
  EXPECT_EQ(claimed_turns(), numbered_turns("s", 1, 2));
  EXPECT_EQ(acknowledge(claim()), 2);
  EXPECT_EQ(ok(cache().find("s"))->session, session_after("s", 25));
  EXPECT_EQ(ok(cache().history("s")), numbered_turns("s", 16, 25));
}

TEST_P(CacheSeed, ARaisedCountSurvivesARestart) {
  record_turns("s", 1, 2);
  SessionSeed without_turns = stored(25);
  without_turns.recent.clear();
  seed(without_turns);
  rig().restart();
  const RecordOutcome next = record_early(26);
  EXPECT_EQ(next.question_count, 26);
  EXPECT_EQ(next.timestamp_us, stamp_of(25) + 2);
}

TEST_P(CacheSeed, KeepsAHistoryThatIsLaterThanTheStores) {
  record_turns("s", 20, 22);
  seed(stored(10));
  EXPECT_EQ(count_of("s"), 10);
  EXPECT_EQ(history_of("s"), ids(20, 22));
  EXPECT_EQ(record_early(23).timestamp_us, stamp_of(22) + 2);
}

TEST_P(CacheSeed, TheNextTurnComesAfterTheStoresLastWhereItsTurnsAreNoRows) {
  expect_next_turn_after_the_stores_last(0);
}

TEST_P(CacheSeed, TheNextTurnComesAfterTheStoresLastAlsoWhereEarlierOnesAreCached) {
  expect_next_turn_after_the_stores_last(2);
}

TEST_P(CacheSeed, TheNextTurnComesAfterOneOfTheStoreWithoutANumber) {
  SessionSeed from = stored(3);
  from.recent.back().seq.reset();
  seed(from);
  EXPECT_EQ(record_early(4).timestamp_us, stamp_of(3) + 2);
  EXPECT_EQ(history_of("s"), ids(1, 4));
}

TEST_P(CacheSeed, NumbersUnsettledTurnsAfterTheStoresCount) {
  EXPECT_EQ(seed(stored(3, 4, 5)), (std::vector{settled_as(4, 4), settled_as(5, 5)}));
  EXPECT_EQ(ok(cache().find("s"))->session, session_after("s", 5));
  EXPECT_EQ(ok(cache().history("s")), numbered_turns("s", 1, 5));
  EXPECT_TRUE(pending_of("s").empty());
  EXPECT_TRUE(claim(PassKind::sweep)->empty());
  const RecordOutcome next = record_early(6);
  EXPECT_EQ(next.question_count, 6);
  EXPECT_EQ(next.timestamp_us, stamp_of(5) + 2);
}

TEST_P(CacheSeed, NumbersUnsettledTurnsAfterThoseThatArePending) {
  record_turns("s", 1, 4);
  EXPECT_EQ(seed(stored(2, 7, 8)), (std::vector{settled_as(7, 5), settled_as(8, 6)}));
  EXPECT_EQ(count_of("s"), 6);
  EXPECT_EQ(pending_of("s"), numbered_turns("s", 1, 4));
  EXPECT_EQ(history_of("s"), (std::vector<std::string>{"s-turn-1", "s-turn-2", "s-turn-3", "s-turn-4",
                                                       "s-turn-7", "s-turn-8"}));
  sync_everything();
  EXPECT_EQ(record_early(9).question_count, 7);
}

TEST_P(CacheSeed, NumbersTheFirstTurnsOfASession) {
  ok(cache().create(session_after("s", 0)));
  EXPECT_EQ(seed(stored(0, 1, 2)), (std::vector{settled_as(1, 1), settled_as(2, 2)}));
  EXPECT_EQ(ok(cache().history("s")), numbered_turns("s", 1, 2));
  EXPECT_EQ(record(turn_of("s", 3), SessionPresence::unknown).question_count, 3);
}

TEST_P(CacheSeed, KeepsAHistorysWorthOfManyUnsettledTurns) {
  const std::vector<SettledTurn> settled = seed(stored(3, 4, 40));
  ASSERT_EQ(settled.size(), 37);
  EXPECT_EQ(settled.front(), settled_as(4, 4));
  EXPECT_EQ(settled.back(), settled_as(40, 40));
  EXPECT_EQ(ok(cache().history("s")), numbered_turns("s", 31, 40));
  seed(stored(3, 41, 43));
  EXPECT_EQ(ok(cache().history("s")), numbered_turns("s", 34, 43));
}

TEST_P(CacheSeed, WhoAsksAgainIsToldTheSameNumbers) {
  const std::vector<SettledTurn> first = seed(stored(3, 4, 5));
  record(turn_of("s", 6), SessionPresence::unknown);
  const auto before = ok(cache().history("s"));
  EXPECT_EQ(seed(stored(3, 4, 5)), first);
  EXPECT_EQ(count_of("s"), 6);
  EXPECT_EQ(ok(cache().history("s")), before);
}

TEST_P(CacheSeed, OnlyWhatIsNewGetsANumber) {
  seed(stored(3, 4, 5));
  EXPECT_EQ(seed(stored(3, 4, 6)), (std::vector{settled_as(4, 4), settled_as(5, 5), settled_as(6, 6)}));
  EXPECT_EQ(seed(stored(3, 6, 7)), (std::vector{settled_as(6, 6), settled_as(7, 7)}));
  EXPECT_EQ(count_of("s"), 7);
  EXPECT_EQ(history_of("s"), ids(1, 7));
}

TEST_P(CacheSeed, NothingIsToldOfForgottenTurnsAndTheyGetNoOtherNumber) {
  seed(stored(3, 4, 6));
  ok(cache().forget_settled("s", {stamp_of(4), stamp_of(6)}));
  EXPECT_EQ(seed(stored(3, 4, 6)), std::vector{settled_as(5, 5)});
  ok(cache().forget_settled("s", {stamp_of(4), stamp_of(5)}));
  EXPECT_TRUE(seed(stored(3, 4, 6)).empty());
  EXPECT_EQ(count_of("s"), 6);
  EXPECT_EQ(history_of("s"), ids(1, 6));
}

TEST_P(CacheSeed, ForgettingWhatIsNotThereChangesNothing) {
  ok(cache().forget_settled("s", {stamp_of(4)}));
  EXPECT_EQ(count_of("s"), -1);
  seed(stored(3));
  ok(cache().forget_settled("s", {}));
  ok(cache().forget_settled("s", {stamp_of(4)}));
  EXPECT_EQ(count_of("s"), 3);
}

TEST_P(CacheSeed, NumbersAreKnownAfterARestartUntilTheyAreForgotten) {
  const std::vector<SettledTurn> first = seed(stored(3, 4, 25));
  rig().restart();
  EXPECT_EQ(seed(stored(3, 4, 25)), first);
  EXPECT_EQ(count_of("s"), 25);
  std::vector<std::int64_t> stamps;
  for (const SettledTurn& turn : first) stamps.push_back(turn.timestamp_us);
  ok(cache().forget_settled("s", stamps));
  rig().restart();
  EXPECT_TRUE(seed(stored(3, 4, 25)).empty());
  EXPECT_EQ(count_of("s"), 25);
}

TEST_P(CacheSeed, AnUnsettledTurnThatIsNotLaterComesAfterAllThatIsKnown) {
  record_turns("s", 9, 9);
  SessionSeed from = stored(0, 5, 6);
  from.session.updated_at_us = stamp_of(12);
  const std::vector<SettledTurn> expected{
      {.timestamp_us = stamp_of(5), .seq = 2, .final_timestamp_us = stamp_of(12) + 1},
      {.timestamp_us = stamp_of(6), .seq = 3, .final_timestamp_us = stamp_of(12) + 3}};
  EXPECT_EQ(seed(from), expected);
  EXPECT_EQ(seed(from), expected);
  const std::vector<Turn> history = ok(cache().history("s"));
  ASSERT_EQ(history.size(), 3);
  EXPECT_EQ(history[1].timestamp_us, stamp_of(12) + 1);
  EXPECT_EQ(history[2].timestamp_us, stamp_of(12) + 3);
  EXPECT_EQ(record_early(7).timestamp_us, stamp_of(12) + 4);
}

TEST_P(CacheSeed, RaisesAndNumbersAtOnce) {
  record_turns("s", 1, 2);
  EXPECT_EQ(seed(stored(25, 26, 27)), (std::vector{settled_as(26, 26), settled_as(27, 27)}));
  EXPECT_EQ(history_of("s"), ids(18, 27));
  EXPECT_EQ(pending_of("s"), numbered_turns("s", 1, 2));
}

TEST_P(CacheSeed, RacingSeedersAgreeAndRecordersGoOnAfterThem) {
  constexpr int kRacers = 40;
  std::vector<AsyncResult<std::int64_t>> racers;
  for (int racer = 0; racer < kRacers; ++racer) {
    racers.push_back([](TurnCache* into, SessionSeed from, Turn turn) -> AsyncResult<std::int64_t> {
      const auto settled = co_await into->seed(std::move(from));
      if (!settled) co_return std::unexpected(settled.error());
      if (*settled != std::vector{settled_as(4, 4), settled_as(5, 5)}) {
        co_return fail(ErrorKind::internal, "another number");
      }
      const auto outcome = co_await into->record(&turn, SessionPresence::unknown);
      if (!outcome) co_return std::unexpected(outcome.error());
      co_return outcome->question_count;
    }(&cache(), stored(3, 4, 5), turn_of("s", 100 + racer)));
  }
  std::vector<std::int64_t> counts;
  for (const auto& count : all(std::move(racers))) {
    ASSERT_TRUE(count.has_value()) << count.error().message;
    counts.push_back(*count);
  }
  std::ranges::sort(counts);
  for (int racer = 0; racer < kRacers; ++racer) EXPECT_EQ(counts[racer], 6 + racer);
  EXPECT_EQ(count_of("s"), 5 + kRacers);
}

TEST_P(CacheSeed, ASettledSessionExpiresAndOneWithPendingTurnsDoesNot) {
  use_session_ttl(std::chrono::seconds(1));
  record_turns("raised", 1, 2);
  sync_everything();
  record_turns("pending", 1, 2);
  seed(stored(25, 26, 27, "pending"));
  seed(stored(25, 1, 0, "raised"));
  seed(stored(3, 4, 5, "settled"));
  EXPECT_TRUE(eventually([&] { return count_of("settled") == -1 && count_of("raised") == -1; }));
  EXPECT_EQ(count_of("pending"), 27);
  EXPECT_EQ(pending_of("pending").size(), 2);
}

TEST_P(CacheSeed, ATurnThatIsPendingHereKeepsTheNumberThatItHas) {
  record_turns("s", 1, 3);
  // As after a rescue from another cache: the store has the second and the third, and a fourth of an outage.
  SessionSeed from = stored(0, 2, 4);
  EXPECT_EQ(seed(from), (std::vector{settled_as(2, 2), settled_as(3, 3), settled_as(4, 4)}));
  EXPECT_EQ(count_of("s"), 4);
  EXPECT_EQ(history_of("s"), ids(1, 4));
}

INSTANTIATE_TEST_SUITE_P(Contract, CacheSeed, every_cache(), cache_name);

}  // namespace
}  // namespace test
}  // namespace chatsync
