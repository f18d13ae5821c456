#include <gtest/gtest.h>

#include "sql/sqlite_database.hpp"
#include "unit/embedded/cache_fixture.hpp"

namespace chatsync::test {
namespace {

using EmbeddedRestart = EmbeddedCacheTest;

TEST_F(EmbeddedRestart, GoesOnWithCountHistoryAndPendingTurns) {
  record_turns("s", 1, 13);
  restart();
  EXPECT_EQ(count_of("s"), 13);
  EXPECT_EQ(history_of("s"), numbers(4, 13));
  EXPECT_EQ(pending_of("s"), numbers(1, 13));
  EXPECT_EQ(record("s", 14, SessionPresence::unknown).question_count, 14);
}

TEST_F(EmbeddedRestart, KeepsTextsByteForByte) {
  Turn turn = turn_of("s", 1);
  turn.question = std::string("\0a\0", 3) + "\xF0\x9F\x98\x80";
  turn.answer = std::string(100'000, 'x');
  turn.status = TurnStatus::incomplete;
  ok(record_turn(cache(), turn, SessionPresence::known_new));
  restart();
  turn.seq = 1;
  EXPECT_EQ(ok(cache().history("s")), std::vector{turn});
}

TEST_F(EmbeddedRestart, KeepsSyncedTurnsAsHistoryOnly) {
  record_turns("s", 1, 13);
  EXPECT_EQ(sync(), 13U);
  restart();
  EXPECT_EQ(count_of("s"), 13);
  EXPECT_EQ(history_of("s"), numbers(4, 13));
  EXPECT_TRUE(pending_of("s").empty());
  EXPECT_TRUE(claim()->empty());
}

TEST_F(EmbeddedRestart, KeepsHistoryThatMixesSyncedAndPendingTurns) {
  record_turns("s", 1, 7);
  sync();
  record_turns("s", 8, 9);
  restart();
  EXPECT_EQ(history_of("s"), numbers(1, 9));
  EXPECT_EQ(pending_of("s"), numbers(8, 9));
}

TEST_F(EmbeddedRestart, KeepsWhatWasAcknowledgedOutOfOrder) {
  record_turns("s", 1, 30);
  const SharedBatch all = claim();
  TurnBatch middle;
  middle.turns.assign(all->turns.begin() + 10, all->turns.begin() + 15);
  EXPECT_EQ(ok(cache().acknowledge(std::make_shared<const TurnBatch>(middle))), 5U);
  restart();
  std::vector<std::int64_t> rest = numbers(1, 10);
  const std::vector<std::int64_t> later = numbers(16, 30);
  rest.insert(rest.end(), later.begin(), later.end());
  EXPECT_EQ(pending_of("s"), rest);
  EXPECT_EQ(ok(cache().acknowledge(all)), 25U);
  restart();
  EXPECT_TRUE(pending_of("s").empty());
  EXPECT_EQ(history_of("s"), numbers(21, 30));
}

TEST_F(EmbeddedRestart, ContinuesASeededSession) {
  SessionSeed seed{.session = session_after("s", 40), .recent = numbered_turns("s", 31, 40)};
  ok(cache().seed(seed));
  restart();
  EXPECT_EQ(count_of("s"), 40);
  EXPECT_EQ(history_of("s"), numbers(31, 40));
  EXPECT_TRUE(claim()->empty());
  const RecordOutcome next = record("s", 1, SessionPresence::unknown);
  EXPECT_EQ(next.question_count, 41);
  EXPECT_GT(next.timestamp_us, seed.recent.back().timestamp_us);
}

TEST_F(EmbeddedRestart, KeepsASessionWithoutTurnsUntilItIsSynced) {
  Session session = session_after("s", 0);
  session.title = "Trip";
  EXPECT_TRUE(ok(cache().create(session)));
  restart();
  EXPECT_EQ(ok(cache().unsynced_sessions_of("ann")), std::vector{session});
  sync();
  restart();
  EXPECT_TRUE(ok(cache().unsynced_sessions_of("ann")).empty());
  EXPECT_EQ(count_of("s"), 0);
}

TEST_F(EmbeddedRestart, DoesNotBringBackAnErasedSession) {
  record_turns("s", 1, 40);
  EXPECT_EQ(ok(cache().erase("s")), 40U);
  restart();
  EXPECT_EQ(count_of("s"), -1);
  EXPECT_TRUE(claim()->empty());
  EXPECT_TRUE(record("s", 1, SessionPresence::unknown).session_missing);
}

TEST_F(EmbeddedRestart, AnErasedSessionTakesItsSettledNumbersAlong) {
  SessionSeed seed{.session = session_after("s", 3), .unsettled = {turn_of("s", 4)}};
  EXPECT_EQ(ok(cache().seed(seed)).at(0).seq, 4);
  ok(cache().erase("s"));
  restart();
  seed.session.question_count = 1;
  EXPECT_EQ(ok(cache().seed(seed)).at(0).seq, 2);
}

TEST_F(EmbeddedRestart, GivesANewSessionNoTurnsOfOneWhoseRowsAreStillThere) {
  record_turns("old", 1, 1);
  close();
  {
    // What a crash right after the erasure of a long session leaves: too many rows to be gone at once.
    auto database = sql::SqliteDatabase::open(journal(), {});
    ASSERT_TRUE(database.has_value());
    ASSERT_TRUE(database->execute(
        "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)"
        " INSERT INTO turns SELECT i, 1, i, i, 'id', 'ann', 'complete', 'echo', 'q', 'a', '' FROM n;"
        "DELETE FROM sessions"));
  }
  open(journal());
  EXPECT_EQ(count_of("old"), -1);
  record_turns("new", 1, 1);
  restart();
  EXPECT_EQ(pending_of("new"), numbers(1, 1));
  EXPECT_EQ(count_of("new"), 1);
}

TEST_F(EmbeddedRestart, AnErasedSessionLeavesNoTurnBehind) {
  record_turns("s", 1, 5);
  ok(cache().erase("s"));
  EXPECT_TRUE(record("s", 6).session_missing);
  restart();
  EXPECT_TRUE(pending_of("s").empty());
}

}  // namespace
}  // namespace chatsync::test
