#include "chat/turn_stamp.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace chatsync {
namespace {

TEST(TurnStamp, IsTheProposalOrItsNeighbourWhereThatIsLaterThanTheLastTurn) {
  EXPECT_EQ(cache_stamp(100, 90), 100);
  EXPECT_EQ(cache_stamp(101, 90), 100);
  EXPECT_EQ(store_stamp(100, 90), 101);
  EXPECT_EQ(store_stamp(101, 90), 101);
}

TEST(TurnStamp, IsTheFirstOfItsKindAfterTheLastTurnOtherwise) {
  EXPECT_EQ(cache_stamp(50, 90), 92);
  EXPECT_EQ(cache_stamp(50, 91), 92);
  EXPECT_EQ(cache_stamp(91, 90), 92);
  EXPECT_EQ(store_stamp(50, 90), 91);
  EXPECT_EQ(store_stamp(50, 91), 93);
  EXPECT_EQ(store_stamp(91, 91), 93);
}

TEST(TurnStamp, IsNeverTheSameOfCacheAndStore) {
  for (std::int64_t last = 0; last < 8; ++last) {
    for (std::int64_t proposal = 0; proposal < 12; ++proposal) {
      EXPECT_GT(cache_stamp(proposal, last), last);
      EXPECT_GT(store_stamp(proposal, last), last);
      EXPECT_EQ(cache_stamp(proposal, last) % 2, 0);
      EXPECT_EQ(store_stamp(proposal, last) % 2, 1);
    }
  }
}

}  // namespace
}  // namespace chatsync
