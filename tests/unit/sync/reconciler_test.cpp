#include "sync/reconciler.hpp"

#include <fmt/format.h>

#include "unit/sync/sync_fixture.hpp"

namespace chatsync::sync {
namespace {

class ReconcilerTest : public SyncFixture {
 protected:
  bool reconcile() { return test::run_coroutine(io, reconciler.run(&settled)).has_value(); }

  void append(const std::string& session_id, int turns) {
    std::vector<DirectTurn> direct;
    for (int i = 0; i < turns; ++i) {
      direct.push_back({.turn = {.session_id = session_id,
                                 .turn_id = fmt::format("{}-direct-{}", session_id, i),
                                 .timestamp_us = clock.now_us(),
                                 .user_id = "1"}});
    }
    const auto shared = std::make_shared<const std::vector<DirectTurn>>(std::move(direct));
    ASSERT_TRUE(test::run_coroutine(io, store.append(shared)));
  }

  CacheTrust trust;
  Reconciler reconciler{cache, cache, store, trust};
  std::size_t settled = 0;
};

TEST_F(ReconcilerTest, TrustsTheCacheOnceItAgreesWithTheStore) {
  EXPECT_FALSE(trust.trusts(0));
  ASSERT_TRUE(reconcile());
  EXPECT_TRUE(trust.trusts(0));
  EXPECT_FALSE(trust.trusts(7)) << "of another lineage nothing is known";
}

TEST_F(ReconcilerTest, SettlesEverySessionThatHasUnsettledTurns) {
  record("a", 2);
  append("a", 3);
  append("b", 1);
  ASSERT_TRUE(reconcile());
  EXPECT_EQ(settled, 4U);
  EXPECT_EQ(cache.sessions["a"].session.question_count, 5);
  EXPECT_EQ(cache.sessions["b"].session.question_count, 1);
  EXPECT_TRUE(store.unsettled["a"].empty());
}

TEST_F(ReconcilerTest, RaisesEveryCountThatIsBehindTheStoreUnderAnUnknownLineage) {
  for (int i = 0; i < 1'200; ++i) {
    const std::string id = fmt::format("s{}", i);
    record(id, 1);
    store.sessions[id] = {.session_id = id, .question_count = i % 2 == 0 ? 5 : 1};
  }
  cache.lineage_now = 7;
  ASSERT_TRUE(reconcile());
  for (int i = 0; i < 1'200; ++i) {
    ASSERT_EQ(cache.sessions[fmt::format("s{}", i)].session.question_count, i % 2 == 0 ? 5 : 1) << i;
  }
  EXPECT_TRUE(trust.trusts(7));
  EXPECT_TRUE(store.lineages.contains(7));
}

TEST_F(ReconcilerTest, ErasesWhatWasErasedSinceTheCachesMemoryWasSaved) {
  record("a", 1);
  record("b", 1);
  ASSERT_TRUE(test::run_coroutine(io, store.erase("a", 1)));
  cache.lineage_now = 7;
  ASSERT_TRUE(reconcile());
  EXPECT_FALSE(cache.sessions.contains("a"));
  EXPECT_TRUE(cache.sessions.contains("b")) << "it is only not synced yet";
}

TEST_F(ReconcilerTest, DoesNotCompareACacheThatTheStoreKnowsByItsLineage) {
  record("a", 1);
  store.sessions["a"] = {.session_id = "a", .question_count = 5};
  store.lineages.insert(7);
  cache.lineage_now = 7;
  ASSERT_TRUE(reconcile());
  EXPECT_EQ(cache.sessions["a"].session.question_count, 1);
  EXPECT_TRUE(trust.trusts(7));
}

TEST_F(ReconcilerTest, DoesNotTrustACacheThatTheStoreWasAheadOfMeanwhile) {
  append("a", 1);
  store.before_write = nullptr;
  const std::uint64_t epoch = trust.epoch();
  trust.revoke();
  trust.grant(0, epoch);
  EXPECT_FALSE(trust.trusts(0));
}

TEST_F(ReconcilerTest, SaysWhichSideFailed) {
  store.outage = store_down();
  const auto of_store = test::run_coroutine(io, reconciler.run(&settled));
  ASSERT_FALSE(of_store);
  EXPECT_FALSE(of_store.error().of_cache);
  EXPECT_FALSE(trust.trusts(0));
  store.outage.reset();
  append("a", 1);
  cache.outage = Error{.kind = ErrorKind::unavailable, .message = "cache is down"};
  const auto of_cache = test::run_coroutine(io, reconciler.run(&settled));
  ASSERT_FALSE(of_cache);
  EXPECT_TRUE(of_cache.error().of_cache);
}

}  // namespace
}  // namespace chatsync::sync
