#include "sync/drain.hpp"

#include <set>

#include "unit/sync/sync_fixture.hpp"

namespace chatsync::sync {
namespace {

class DrainTest : public SyncFixture {
 protected:
  std::shared_ptr<const DrainTools> tools(SynchronizerOptions options = {}) {
    return std::make_shared<const DrainTools>(DrainTools{.executor = io.get_executor(),
                                                         .cache = cache,
                                                         .pending = cache,
                                                         .store = store,
                                                         .clock = clock,
                                                         .metrics = metrics,
                                                         .backlog = backlog,
                                                         .trust = trust,
                                                         .left_over = left_over,
                                                         .options = options});
  }

  DrainReport drain(SynchronizerOptions options = {}) {
    Drain one(tools(options), PassKind::indexed, options.connections);
    return test::run_coroutine(io, one.run());
  }

  SyncMetrics metrics;
  Backlog backlog{BacklogLimits()};
  CacheTrust trust;
  std::vector<SharedBatch> left_over;
};

TEST_F(DrainTest, MovesEveryPendingTurnOnce) {
  record("a", 25);
  record("b", 3);
  const DrainReport report = drain({.batch_turns = 10});
  EXPECT_FALSE(report.failure);
  EXPECT_EQ(report.synced, 28U);
  EXPECT_EQ(store.rows.size(), 28U);
  EXPECT_EQ(pending_turns(), 0U);
}

TEST_F(DrainTest, KeepsEachTurnAsItWasRecorded) {
  record("a", 2);
  const auto before = cache.sessions["a"].history;
  drain();
  std::vector<Turn> after;
  for (const auto& [key, turn] : store.rows) after.push_back(turn);
  EXPECT_EQ(after, before);
}

TEST_F(DrainTest, WritesAsManyBatchesAtOnceAsItHasConnectionsAndReadsTheNextTwoMeanwhile) {
  record("a", 40);
  Gate gate(io);
  store.before_write = gate.hold();
  Drain one(tools({.batch_turns = 5}), PassKind::indexed, 2);
  boost::asio::co_spawn(io, one.run(), [](const std::exception_ptr&, const DrainReport&) {});
  settle();
  EXPECT_EQ(gate.arrived(), 2);
  EXPECT_EQ(cache.batches_read, 4U);
  gate.open();
  settle();
  EXPECT_EQ(store.rows.size(), 40U);
}

TEST_F(DrainTest, LeavesTurnsPendingUntilTheirCommitIsKnown) {
  record("a", 3);
  Gate gate(io);
  store.before_write = gate.hold();
  Drain one(tools(), PassKind::indexed, 2);
  boost::asio::co_spawn(io, one.run(), [](const std::exception_ptr&, const DrainReport&) {});
  settle();
  ASSERT_EQ(gate.arrived(), 1);
  EXPECT_EQ(pending_turns(), 3U) << "acknowledged before the commit";
  gate.open();
  settle();
  EXPECT_EQ(pending_turns(), 0U);
}

TEST_F(DrainTest, KeepsEverythingPendingWhenTheStoreIsDown) {
  record("a", 3);
  store.outage = store_down();
  const DrainReport report = drain();
  ASSERT_TRUE(report.failure);
  EXPECT_EQ(report.failure->message, "store is down");
  EXPECT_EQ(report.synced, 0U);
  EXPECT_EQ(pending_turns(), 3U);
}

TEST_F(DrainTest, KeepsTurnsPendingWhenTheAcknowledgementFailsAndCountsThemOnlyOnce) {
  record("a", 3);
  const auto begin = tools();
  TurnBatch batch;
  for (const auto& [at, turn] : cache.sessions["a"].pending) {
    batch.turns.push_back({.turn = turn, .key = cache.pending_key("a", at)});
  }
  // The commit succeeds and the acknowledgement does not, as when the process dies in between.
  ASSERT_TRUE(test::run_coroutine(io, store.write(std::make_shared<const TurnBatch>(batch))));
  const DrainReport report = drain();
  EXPECT_EQ(report.synced, 3U);
  EXPECT_EQ(store.rows.size(), 3U);
}

TEST_F(DrainTest, PutsOnlyTheTurnsAtFaultIntoDeadLetters) {
  record("a", 40);
  record("b", 7);
  const std::set<std::string> bad = {"q a-1", "q a-17", "q a-40", "q b-44"};
  store.refuses = [&](const Turn& turn) { return bad.contains(turn.question); };
  const DrainReport report = drain({.batch_turns = 16});
  EXPECT_FALSE(report.failure);
  EXPECT_EQ(report.synced, 43U);
  EXPECT_EQ(report.dead_lettered, 4U);
  EXPECT_EQ(store.rows.size(), 43U);
  ASSERT_EQ(store.dead_letters.size(), 4U);
  EXPECT_EQ(store.dead_letters.front().reason, "refused by the store");
  EXPECT_EQ(store.dead_letters.front().error_code, "1366");
  EXPECT_EQ(pending_turns(), 0U);
}

TEST_F(DrainTest, SyncsASessionThatHasNoTurns) {
  test::run_coroutine(io, cache.create({.session_id = "empty", .user_id = "1", .title = "Hello"}));
  drain();
  EXPECT_EQ(store.sessions["empty"].title, "Hello");
  EXPECT_FALSE(cache.sessions["empty"].unsynced);
}

TEST(Halve, GivesEachHalfItsTurnsAndTheirSessions) {
  TurnBatch batch;
  batch.sessions = {{.session_id = "a"}, {.session_id = "b"}, {.session_id = "no turns"}};
  batch.turns = {{.turn = {.session_id = "a", .turn_id = "1"}},
                 {.turn = {.session_id = "b", .turn_id = "2"}},
                 {.turn = {.session_id = "b", .turn_id = "3"}}};
  batch.dead_letters = {{.session_id = "c"}};
  const auto [first, second] = halve(batch);
  ASSERT_EQ(first.turns.size(), 1U);
  ASSERT_EQ(second.turns.size(), 2U);
  ASSERT_EQ(first.sessions.size(), 2U);
  EXPECT_EQ(first.sessions[0].session_id, "a");
  EXPECT_EQ(first.sessions[1].session_id, "no turns");
  ASSERT_EQ(second.sessions.size(), 1U);
  EXPECT_EQ(second.sessions[0].session_id, "b");
  EXPECT_EQ(first.dead_letters.size(), 1U);
  EXPECT_TRUE(second.dead_letters.empty());
}

}  // namespace
}  // namespace chatsync::sync
