#include "sync/backlog.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chatsync::sync {
namespace {

using namespace std::chrono_literals;

TEST(Backlog, RefusesAtTheLimitOfTurns) {
  Backlog backlog({.turns = 2});
  backlog.add(10, 1);
  EXPECT_FALSE(backlog.refusal(1));
  backlog.add(10, 1);
  ASSERT_TRUE(backlog.refusal(1));
  EXPECT_THAT(backlog.refusal(1)->message, ::testing::HasSubstr("MAX_PENDING_TURNS=2"));
  backlog.remove(1, 10);
  EXPECT_FALSE(backlog.refusal(1));
}

TEST(Backlog, RefusesAtTheLimitOfBytes) {
  Backlog backlog({.bytes = 100});
  backlog.add(100, 1);
  ASSERT_TRUE(backlog.refusal(1));
  EXPECT_THAT(backlog.refusal(1)->message, ::testing::HasSubstr("MAX_PENDING_BYTES=100"));
}

TEST(Backlog, RefusesOnceTheOldestTurnIsTooOld) {
  Backlog backlog({.age = 10s});
  backlog.add(1, 1'000'000);
  EXPECT_FALSE(backlog.refusal(10'999'999));
  EXPECT_TRUE(backlog.refusal(11'000'000));
  backlog.set_oldest(std::nullopt);
  EXPECT_FALSE(backlog.refusal(11'000'000));
}

TEST(Backlog, TheOldestTurnStaysTheOldest) {
  Backlog backlog({});
  backlog.add(1, 5'000'000);
  backlog.add(1, 7'000'000);
  EXPECT_EQ(backlog.age(9'000'000), 4s);
}

TEST(Backlog, ARecountScalesTheBytesAlong) {
  Backlog backlog({});
  backlog.add(300, 1);
  backlog.add(500, 1);
  backlog.recount(10);
  EXPECT_EQ(backlog.turns(), 10U);
  EXPECT_EQ(backlog.bytes(), 4'000U);
  backlog.recount(0);
  EXPECT_EQ(backlog.bytes(), 0U);
}

TEST(Backlog, AfterADrainItIsWhatWasAcceptedSinceThatBegan) {
  Backlog backlog({});
  for (int i = 0; i < 5; ++i) backlog.add(300, 1);
  backlog.begin_drain();
  for (int i = 0; i < 3; ++i) backlog.add(500, 1);
  backlog.remove(6, 6'000);  // Six turns, of which one came meanwhile.
  backlog.end_drain();
  EXPECT_EQ(backlog.turns(), 3U);
  EXPECT_EQ(backlog.bytes(), 1'500U);
}

TEST(Backlog, ItsBytesDoNotGrowByDrainsOfWhichSomeMeetWhatComesMeanwhile) {
  Backlog backlog({});
  for (int drain = 0; drain < 10; ++drain) {
    backlog.begin_drain();
    for (int i = 0; i < 1'000; ++i) backlog.add(700, 1);
    if (drain % 2 == 1) backlog.remove(1'999, 1'999 * 700);
    backlog.end_drain();
    EXPECT_EQ(backlog.turns(), 1'000U);
    EXPECT_EQ(backlog.bytes(), 700'000U);
  }
}

TEST(Backlog, AFewTurnsThatAreLeftSayNothingOfManyThatAreCounted) {
  Backlog backlog({});
  for (int i = 0; i < 1'000; ++i) backlog.add(700, 1);
  backlog.remove(999, 0);
  backlog.recount(1'000'000);
  EXPECT_EQ(backlog.bytes(), 700'000'000U);
}

TEST(Backlog, LargeTurnsThatWaitAreCountedAsLargeOnes) {
  Backlog backlog({});
  for (int i = 0; i < 10'000; ++i) backlog.add(700, 1);
  backlog.remove(10'000, 10'000 * 700);
  for (int i = 0; i < 200; ++i) backlog.add(1'000'000, 1);
  backlog.recount(300);
  EXPECT_EQ(backlog.bytes(), 300'000'000U);
}

TEST(Backlog, TurnsThatOthersAcceptedDoNotMakeItNegative) {
  Backlog backlog({});
  backlog.remove(5, 5'000);
  EXPECT_EQ(backlog.turns(), 0U);
  EXPECT_EQ(backlog.bytes(), 0U);
}

}  // namespace
}  // namespace chatsync::sync
