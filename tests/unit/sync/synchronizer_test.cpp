#include "sync/synchronizer.hpp"

#include "unit/sync/sync_fixture.hpp"

namespace chatsync::sync {
namespace {

using namespace std::chrono_literals;

class SynchronizerTest : public SyncFixture {
 protected:
  void start(SynchronizerOptions options = {.interval = 300s, .watermark = 100, .sweep_interval = 3600s}) {
    synchronizer = std::make_unique<Synchronizer>(io.get_executor(), cache, cache, store, clock, options);
    boost::asio::co_spawn(io, synchronizer->run(), [this](const std::exception_ptr&) { ended = true; });
    settle();
  }

  void TearDown() override {
    if (!synchronizer) return;
    synchronizer->stop();
    settle();
    EXPECT_TRUE(ended) << "run() did not end after stop()";
  }

  void advance(std::chrono::microseconds by) {
    clock.advance(by);
    settle();
  }

  /// Asks for a drain without waiting; the report arrives in the returned place.
  std::shared_ptr<std::optional<DrainReport>> ask_for_drain() {
    auto place = std::make_shared<std::optional<DrainReport>>();
    boost::asio::co_spawn(io, synchronizer->sync_now(),
                          [place](const std::exception_ptr&, const DrainReport& report) { *place = report; });
    settle();
    return place;
  }

  /// How many writes come to be under way at once in the drain that `begin` starts.
  template <class Begin>
  int writes_held_in(Begin begin) {
    Gate gate(io);
    store.before_write = gate.hold();
    begin();
    const int held = gate.arrived();
    store.before_write = nullptr;
    gate.open();
    settle();
    return held;
  }

  std::unique_ptr<Synchronizer> synchronizer;
  bool ended = false;
};

TEST_F(SynchronizerTest, SyncsAtStartWhatAnEarlierProcessLeft) {
  record("a", 3);
  start();
  EXPECT_EQ(store.rows.size(), 3U);
}

TEST_F(SynchronizerTest, SyncsEveryInterval) {
  start();
  record("a", 3);
  advance(299s);
  EXPECT_EQ(store.rows.size(), 0U);
  advance(1s);
  EXPECT_EQ(store.rows.size(), 3U);
  record("a", 1);
  advance(300s);
  EXPECT_EQ(store.rows.size(), 4U);
}

TEST_F(SynchronizerTest, SyncsEarlyAtTheWatermark) {
  start();
  record("a", 100);
  for (int i = 0; i < 99; ++i) synchronizer->note_accepted(1, 1);
  settle();
  EXPECT_EQ(store.rows.size(), 0U);
  synchronizer->note_accepted(1, 1);
  settle();
  EXPECT_EQ(store.rows.size(), 100U);
}

TEST_F(SynchronizerTest, RelievesTheCacheAtTheWatermarkAndWalksTheIndexAfterTheInterval) {
  start();
  cache.passes.clear();
  for (int i = 0; i < 100; ++i) synchronizer->note_accepted(1, 1);
  settle();
  EXPECT_EQ(cache.passes, std::vector{PassKind::relief});
  advance(300s);
  EXPECT_EQ(cache.passes, (std::vector{PassKind::relief, PassKind::indexed}));
}

TEST_F(SynchronizerTest, SweepsWhenAskedThoughOnlyReliefWasDue) {
  start();
  record("a", 10);
  Gate gate(io);
  store.before_write = gate.hold();
  const auto first = ask_for_drain();
  cache.passes.clear();
  for (int i = 0; i < 100; ++i) synchronizer->note_accepted(1, 1);
  settle();
  const auto second = ask_for_drain();
  store.before_write = nullptr;
  gate.open();
  settle();
  EXPECT_TRUE(*first && *second);
  EXPECT_EQ(cache.passes.front(), PassKind::sweep);
}

TEST_F(SynchronizerTest, WritesOneBatchAtATimeInTheBackground) {
  start({.interval = 300s, .batch_turns = 5, .connections = 3, .sweep_interval = 3600s});
  record("a", 40);
  EXPECT_EQ(writes_held_in([&] { advance(300s); }), 1);
  EXPECT_EQ(store.rows.size(), 40U);
}

TEST_F(SynchronizerTest, WritesOverAllConnectionsWhenSomebodyWaits) {
  start({.interval = 300s, .batch_turns = 5, .connections = 3, .sweep_interval = 3600s});
  record("a", 40);
  EXPECT_EQ(writes_held_in([&] { ask_for_drain(); }), 3);
}

TEST_F(SynchronizerTest, WritesOverAllConnectionsWhenOneDoesNotKeepUp) {
  start({.interval = 300s, .batch_turns = 5, .connections = 3, .watermark = 10, .sweep_interval = 3600s});
  record("a", 40);
  EXPECT_EQ(writes_held_in([&] {
              for (int i = 0; i < 30; ++i) synchronizer->note_accepted(1, clock.now_us());
              settle();
            }),
            3);
}

TEST_F(SynchronizerTest, SyncsWhenAsked) {
  start();
  record("a", 3);
  const DrainReport report = test::run_coroutine(io, synchronizer->sync_now());
  EXPECT_EQ(report.synced, 3U);
  EXPECT_FALSE(report.failure);
  EXPECT_EQ(store.rows.size(), 3U);
}

TEST_F(SynchronizerTest, SweepsWhenAskedSoThatTurnsOfOthersAreFound) {
  start();
  cache.passes.clear();
  test::run_coroutine(io, synchronizer->sync_now());
  EXPECT_EQ(cache.passes, std::vector{PassKind::sweep});
}

TEST_F(SynchronizerTest, DoesNotCountADrainUnderWayForALaterRequest) {
  start();
  record("a", 1);
  Gate gate(io);
  store.before_write = gate.hold();
  const auto first = ask_for_drain();
  ASSERT_EQ(gate.arrived(), 1);
  // The pass under way has gone by session "a" already: only another pass can see this turn.
  record("a", 1);
  const auto second = ask_for_drain();
  store.before_write = nullptr;
  gate.open();
  settle();
  ASSERT_TRUE(first->has_value());
  ASSERT_TRUE(second->has_value());
  EXPECT_EQ((*first)->synced, 1U);
  EXPECT_EQ((*second)->synced, 1U);
  EXPECT_EQ(store.rows.size(), 2U);
}

TEST_F(SynchronizerTest, SharesOneDrainAmongRequestsThatArriveTogether) {
  start();
  record("a", 1);
  Gate gate(io);
  store.before_write = gate.hold();
  const auto first = ask_for_drain();
  const std::size_t passes = cache.passes.size();
  const auto second = ask_for_drain();
  const auto third = ask_for_drain();
  gate.open();
  settle();
  EXPECT_TRUE(first->has_value());
  EXPECT_TRUE(second->has_value());
  EXPECT_TRUE(third->has_value());
  EXPECT_EQ(cache.passes.size(), passes + 1);
}

TEST_F(SynchronizerTest, ReportsWhyTurnsRemainAndHowMany) {
  start();
  record("a", 3);
  store.outage = store_down();
  const DrainReport report = test::run_coroutine(io, synchronizer->sync_now());
  ASSERT_TRUE(report.failure);
  EXPECT_EQ(report.failure->message, "store is down");
  EXPECT_EQ(report.pending, 3U);
}

TEST_F(SynchronizerTest, RetriesWithBackoffUntilTheStoreIsBack) {
  record("a", 3);
  store.outage = store_down();
  start();
  advance(500ms);
  EXPECT_EQ(synchronizer->metrics().failed_drains.value(), 2U);
  store.outage.reset();
  advance(1s);
  EXPECT_EQ(store.rows.size(), 3U);
}

TEST_F(SynchronizerTest, CommitsASingleTurnAndAcknowledgesIt) {
  start();
  record("a", 1);
  const Turn turn = cache.sessions["a"].history.front();
  const auto committed = test::run_coroutine(
      io, synchronizer->commit({.turn = turn, .key = cache.pending_key("a", turn.timestamp_us)},
                               {.session_id = "a"}, 0));
  EXPECT_TRUE(committed);
  EXPECT_EQ(store.rows.size(), 1U);
  EXPECT_EQ(pending_turns(), 0U);
}

TEST_F(SynchronizerTest, SharesACommitAmongTurnsThatAskTogether) {
  start();
  record("a", 9);
  store.batch_sizes.clear();
  Gate gate(io);
  store.before_write = gate.hold();
  int committed = 0;
  for (const Turn& turn : cache.sessions["a"].history) {
    boost::asio::co_spawn(
        io,
        synchronizer->commit({.turn = turn, .key = cache.pending_key("a", turn.timestamp_us)},
                             {.session_id = "a"}, 0),
        [&](const std::exception_ptr&, const Result<CommitOutcome>& result) {
          committed += result.has_value() ? 1 : 0;
        });
    settle();
  }
  store.before_write = nullptr;
  gate.open();
  settle();
  EXPECT_EQ(committed, 9);
  EXPECT_EQ(store.batch_sizes, (std::vector<std::size_t>{1, 8}));
}

TEST_F(SynchronizerTest, FailsOnlyTheTurnThatSpoilsASharedCommit) {
  start();
  record("a", 4);
  Gate gate(io);
  store.before_write = gate.hold();
  store.refuses = [](const Turn& turn) { return turn.seq == 3; };
  std::map<std::int64_t, bool> committed;
  for (const Turn& turn : cache.sessions["a"].history) {
    boost::asio::co_spawn(
        io,
        synchronizer->commit({.turn = turn, .key = cache.pending_key("a", turn.timestamp_us)},
                             {.session_id = "a"}, 0),
        [&, seq = *turn.seq](const std::exception_ptr&, const Result<CommitOutcome>& result) {
          committed[seq] = result.has_value();
        });
    settle();
  }
  store.before_write = nullptr;
  gate.open();
  settle();
  EXPECT_EQ(committed, (std::map<std::int64_t, bool>{{1, true}, {2, true}, {3, false}, {4, true}}));
}

TEST_F(SynchronizerTest, DrainsOnceMoreAfterItWasStopped) {
  start();
  synchronizer->stop();
  settle();
  EXPECT_TRUE(ended);
  record("a", 3);
  const DrainReport report = test::run_coroutine(io, synchronizer->sync_now());
  EXPECT_EQ(report.synced, 3U);
}

}  // namespace
}  // namespace chatsync::sync
