#include <gtest/gtest.h>

#include "unit/embedded/cache_fixture.hpp"

namespace chatsync::test {
namespace {

using EmbeddedEviction = EmbeddedCacheTest;

TEST_F(EmbeddedEviction, ForgetsASessionThatHasBeenCleanForItsTimeToLive) {
  record_turns("s", 1, 3);
  sync();
  clock().advance(options.session_ttl - std::chrono::milliseconds(1));
  EXPECT_EQ(count_of("s"), 3);
  clock().advance(std::chrono::milliseconds(1));
  EXPECT_EQ(count_of("s"), -1);
  EXPECT_TRUE(history_of("s").empty());
  EXPECT_TRUE(record("s", 4, SessionPresence::unknown).session_missing);
}

TEST_F(EmbeddedEviction, KeepsASessionWithPendingTurnsForEver) {
  record_turns("s", 1, 3);
  sync();
  record_turns("s", 4, 4);
  clock().advance(10 * options.session_ttl);
  EXPECT_EQ(count_of("s"), 4);
  EXPECT_EQ(history_of("s"), numbers(1, 4));
}

TEST_F(EmbeddedEviction, KeepsASessionWhoseOwnDataAreUnsynced) {
  ok(cache().create(session_after("s", 0)));
  clock().advance(10 * options.session_ttl);
  EXPECT_EQ(count_of("s"), 0);
}

TEST_F(EmbeddedEviction, StartsAfreshWhereAnExpiredSessionIsKnownToBeNew) {
  record_turns("s", 1, 3);
  sync();
  clock().advance(options.session_ttl);
  EXPECT_EQ(record("s", 4).question_count, 1);
  restart();
  EXPECT_EQ(pending_of("s"), numbers(1, 1));
}

TEST_F(EmbeddedEviction, BoundsCleanSessionsAndDropsThoseCleanForLongest) {
  options.max_clean_sessions = 2;
  restart();
  for (const auto* id : {"a", "b", "c"}) {
    record_turns(id, 1, 2);
    sync();
  }
  record_turns("pending", 1, 1);  // a group of its own evicts
  EXPECT_EQ(count_of("a"), -1);
  EXPECT_EQ(count_of("b"), 2);
  EXPECT_EQ(count_of("c"), 2);
  restart();
  EXPECT_EQ(count_of("a"), -1);
  EXPECT_EQ(count_of("pending"), 1);
}

TEST_F(EmbeddedEviction, GivesASessionANewTimeToLiveAtARestart) {
  record_turns("s", 1, 3);
  sync();
  clock().advance(options.session_ttl - std::chrono::milliseconds(1));
  restart();
  clock().advance(std::chrono::milliseconds(1));
  EXPECT_EQ(count_of("s"), 3);
}

}  // namespace
}  // namespace chatsync::test
