#include "sync/schedule.hpp"

#include <gtest/gtest.h>

namespace chatsync::sync {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kStart{1h};

DrainSchedule make_schedule() { return DrainSchedule({.drain = 300s, .sweep = 1000s}, 100, kStart); }

TEST(DrainSchedule, IsDueAtStartSoThatLeftoversAreSynced) { EXPECT_TRUE(make_schedule().is_due(kStart, 0)); }

TEST(DrainSchedule, SweepsOnTheFirstDrain) { EXPECT_EQ(make_schedule().kind_at(kStart), PassKind::sweep); }

TEST(DrainSchedule, IsDueAgainAfterTheInterval) {
  DrainSchedule schedule = make_schedule();
  schedule.succeeded(kStart, PassKind::sweep);
  EXPECT_FALSE(schedule.is_due(kStart + 299s, 0));
  EXPECT_TRUE(schedule.is_due(kStart + 300s, 0));
}

TEST(DrainSchedule, WalksTheIndexUntilTheNextSweepIsDue) {
  DrainSchedule schedule = make_schedule();
  schedule.succeeded(kStart, PassKind::sweep);
  EXPECT_EQ(schedule.kind_at(kStart + 300s), PassKind::indexed);
  schedule.succeeded(kStart + 900s, PassKind::indexed);
  EXPECT_EQ(schedule.kind_at(kStart + 1000s), PassKind::sweep);
}

TEST(DrainSchedule, IsDueEarlyAtTheWatermark) {
  DrainSchedule schedule = make_schedule();
  schedule.succeeded(kStart, PassKind::sweep);
  EXPECT_FALSE(schedule.is_due(kStart + 1s, 99));
  EXPECT_TRUE(schedule.is_due(kStart + 1s, 100));
}

TEST(DrainSchedule, RelievesWhereOnlyTheWatermarkCallsForADrain) {
  DrainSchedule schedule = make_schedule();
  schedule.succeeded(kStart, PassKind::sweep);
  EXPECT_EQ(schedule.kind_at(kStart + 299s), PassKind::relief);
  EXPECT_EQ(schedule.kind_at(kStart + 300s), PassKind::indexed);
  schedule.succeeded(kStart + 900s, PassKind::relief);
  EXPECT_EQ(schedule.kind_at(kStart + 1000s), PassKind::sweep);
}

TEST(DrainSchedule, IgnoresTheWatermarkWhileDrainsFail) {
  DrainSchedule schedule = make_schedule();
  schedule.failed(kStart, 0);
  EXPECT_FALSE(schedule.is_due(kStart + 100ms, 1'000'000));
  EXPECT_TRUE(schedule.is_due(kStart + 500ms, 0));
}

TEST(DrainSchedule, ForgetsFailuresAfterASuccess) {
  DrainSchedule schedule = make_schedule();
  for (int i = 0; i < 5; ++i) schedule.failed(kStart, 0);
  schedule.succeeded(kStart, PassKind::indexed);
  EXPECT_FALSE(schedule.failing());
  schedule.failed(kStart, 0);
  EXPECT_EQ(schedule.due(), kStart + 500ms);
}

TEST(Backoff, DoublesUpToThirtySeconds) {
  EXPECT_EQ(backoff(1, 0), 500ms);
  EXPECT_EQ(backoff(2, 0), 1s);
  EXPECT_EQ(backoff(6, 0), 16s);
  EXPECT_EQ(backoff(7, 0), 30s);
  EXPECT_EQ(backoff(1'000'000, 0), 30s);
}

TEST(Backoff, IsShortenedByAtMostAHalf) {
  EXPECT_EQ(backoff(7, 0.5), 22'500ms);
  EXPECT_GE(backoff(7, 0.999), 15s);
}

}  // namespace
}  // namespace chatsync::sync
