#include <gtest/gtest.h>

#include <set>

#include "embedded/pending_key.hpp"
#include "unit/embedded/cache_fixture.hpp"

namespace chatsync::test {
namespace {

using EmbeddedPass = EmbeddedCacheTest;

TEST_F(EmbeddedPass, CutsASessionAcrossBatchesWithoutLossOrRepetition) {
  record_turns("a", 1, 25);
  record_turns("b", 1, 5);
  const auto pass = cache().begin_pass(PassKind::indexed);
  std::set<std::string> keys;
  std::size_t turns = 0;
  for (TurnBatch batch = ok(pass->next(10)); !batch.empty(); batch = ok(pass->next(10))) {
    EXPECT_LE(batch.turns.size(), 10U);
    for (const PendingTurn& pending : batch.turns) keys.insert(pending.key);
    turns += batch.turns.size();
  }
  EXPECT_EQ(turns, 30U);
  EXPECT_EQ(keys.size(), 30U);
}

TEST_F(EmbeddedPass, EndsAlthoughTurnsKeepComing) {
  record_turns("s", 1, 20);
  const auto pass = cache().begin_pass(PassKind::indexed);
  std::size_t turns = 0;
  int number = 20;
  for (TurnBatch batch = ok(pass->next(10)); !batch.empty(); batch = ok(pass->next(10))) {
    turns += batch.turns.size();
    record_turns("s", number + 1, number + 10);
    number += 10;
    ASSERT_LT(number, 1'000);
  }
  EXPECT_EQ(turns, 20U);
}

TEST_F(EmbeddedPass, GoesOnAfterASessionThatWasErasedMeanwhile) {
  record_turns("a", 1, 15);
  record_turns("b", 1, 5);
  const auto pass = cache().begin_pass(PassKind::indexed);
  ok(pass->next(10));
  ok(cache().erase("a"));
  const TurnBatch rest = ok(pass->next(10));
  ASSERT_EQ(rest.turns.size(), 5U);
  EXPECT_EQ(rest.turns.front().turn.session_id, "b");
}

TEST_F(EmbeddedPass, VisitsSessionsWithoutTurnsInBatchesToo) {
  for (int i = 0; i < 25; ++i) ok(cache().create(session_after("s" + std::to_string(i), 0)));
  const auto pass = cache().begin_pass(PassKind::indexed);
  std::set<std::string> ids;
  for (TurnBatch batch = ok(pass->next(10)); !batch.empty(); batch = ok(pass->next(10))) {
    EXPECT_LE(batch.sessions.size(), 10U);
    for (const Session& session : batch.sessions) ids.insert(session.session_id);
  }
  EXPECT_EQ(ids.size(), 25U);
}

TEST_F(EmbeddedPass, EndsABatchOfLongTextsEarly) {
  for (int number = 1; number <= 5; ++number) {
    Turn turn = turn_of("s", number);
    turn.answer.assign(6 * 1024 * 1024, 'x');
    ok(record_turn(cache(), turn, SessionPresence::known_new));
  }
  const auto pass = cache().begin_pass(PassKind::indexed);
  EXPECT_EQ(ok(pass->next(100)).turns.size(), 3U);
  EXPECT_EQ(ok(pass->next(100)).turns.size(), 2U);
  EXPECT_TRUE(ok(pass->next(100)).empty());
}

TEST_F(EmbeddedPass, TakesAQuarantinedTurnOutByItsKey) {
  record_turns("s", 1, 2);
  TurnBatch batch;
  batch.dead_letters.push_back({.session_id = "s",
                                .key = claim()->turns.front().key,
                                .reason = "too long",
                                .error_code = "1406",
                                .payload = "{}",
                                .first_failed_at_us = 1});
  EXPECT_EQ(ok(cache().acknowledge(std::make_shared<const TurnBatch>(batch))), 1U);
  EXPECT_EQ(pending_of("s"), numbers(2, 2));
}

TEST_F(EmbeddedPass, CountsATurnNamedTwiceInABatchOnce) {
  record_turns("s", 1, 1);
  TurnBatch batch = *claim();
  batch.turns.push_back(batch.turns.front());
  EXPECT_EQ(ok(cache().acknowledge(std::make_shared<const TurnBatch>(batch))), 1U);
}

TEST_F(EmbeddedPass, LeavesOwnDataUnsyncedThatDifferFromTheStored) {
  Session session = session_after("s", 0);
  session.title = "Trip";
  ok(cache().create(session));
  record_turns("s", 1, 1);
  TurnBatch commit = *claim();
  commit.sessions.front().title.clear();
  ok(cache().acknowledge(std::make_shared<const TurnBatch>(commit)));
  EXPECT_TRUE(pending_of("s").empty());
  ASSERT_EQ(claim()->sessions.size(), 1U);
  EXPECT_EQ(claim()->sessions.front().title, "Trip");
}

}  // namespace
}  // namespace chatsync::test
