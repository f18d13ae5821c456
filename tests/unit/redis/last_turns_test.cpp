#include "redis/last_turns.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace chatsync::redis {
namespace {

constexpr std::uint64_t kCache = 7;

TEST(LastTurns, TellsASessionsLastTurnOnce) {
  LastTurns turns;
  turns.remember(kCache, "abc", {.count = 6, .timestamp_us = 60});
  turns.remember(kCache, "abc", {.count = 7, .timestamp_us = 70});
  const auto last = turns.take(kCache, "abc");
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(last->count, 7);
  EXPECT_EQ(last->timestamp_us, 70);
  EXPECT_FALSE(turns.take(kCache, "abc").has_value())
      << "a turn is under way that may or may not be recorded";
}

TEST(LastTurns, KnowsNothingOfOtherSessions) {
  LastTurns turns;
  EXPECT_FALSE(turns.take(kCache, "abc").has_value());
  turns.remember(kCache, "abc", {.count = 1, .timestamp_us = 10});
  EXPECT_FALSE(turns.take(kCache, "abd").has_value());
}

TEST(LastTurns, KnowsOfOneCacheNothingThatIsRememberedOfAnother) {
  LastTurns turns;
  turns.remember(kCache, "abc", {.count = 1, .timestamp_us = 10});
  EXPECT_FALSE(turns.take(kCache + 1, "abc").has_value());
  EXPECT_TRUE(turns.take(kCache, "abc").has_value());
}

TEST(LastTurns, TellsOneOfManyThreadsAlone) {
  LastTurns turns;
  constexpr int kSessions = 1'000;
  std::atomic<int> taken = 0;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int number = 0; number < kSessions; ++number) {
        const std::string name = "session-" + std::to_string(number);
        turns.remember(kCache, name, {.count = 1, .timestamp_us = number});
        if (const auto last = turns.take(kCache, name); last && last->timestamp_us == number) ++taken;
      }
    });
  }
  threads.clear();
  EXPECT_GE(taken, kSessions);
  EXPECT_LE(taken, 4 * kSessions);
}

TEST(LastTurns, ForgetsWhatComesNextWhereTheCountIsBeyondItsPlaces) {
  LastTurns turns;
  turns.remember(kCache, "abc", {.count = std::int64_t{1} << 32, .timestamp_us = 10});
  EXPECT_FALSE(turns.take(kCache, "abc").has_value());
}

/// How many of so many sessions are remembered. Their turns must be their own.
int remembered_of(int sessions) {
  LastTurns turns;
  const auto name = [](int number) { return "session-" + std::to_string(number); };
  for (int number = 1; number <= sessions; ++number) {
    turns.remember(kCache, name(number),
                   {.count = number, .timestamp_us = number, .shared = number % 2 == 0});
  }
  int remembered = 0;
  for (int number = 1; number <= sessions; ++number) {
    const auto last = turns.take(kCache, name(number));
    if (!last) continue;
    ++remembered;
    EXPECT_EQ(last->count, number);
    EXPECT_EQ(last->timestamp_us, number);
    EXPECT_EQ(last->shared, number % 2 == 0);
  }
  return remembered;
}

TEST(LastTurns, RemembersNearlyAllOfAQuarterMillionSessions) {
  EXPECT_EQ(remembered_of(10'000), 10'000);
  EXPECT_GT(remembered_of(250'000), 249'900);
}

TEST(LastTurns, IsBounded) {
  const int remembered = remembered_of(1'500'000);
  EXPECT_GT(remembered, 500'000);
  EXPECT_LE(remembered, 524'288);
}

TEST(LastTurns, ForgetsThoseThatWereSilentForLongest) {
  LastTurns turns;
  turns.remember(kCache, "old", {.count = 1, .timestamp_us = 1});
  turns.remember(kCache, "busy", {.count = 1, .timestamp_us = 2});
  for (int number = 10; number < 1'500'000; ++number) {
    turns.remember(kCache, "session-" + std::to_string(number), {.count = 1, .timestamp_us = number});
    if (number % 1'000 == 0) turns.remember(kCache, "busy", {.count = 2, .timestamp_us = number});
  }
  EXPECT_TRUE(turns.take(kCache, "busy").has_value());
  EXPECT_FALSE(turns.take(kCache, "old").has_value());
}

}  // namespace
}  // namespace chatsync::redis
