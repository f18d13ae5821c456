#include "redis/last_turns.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chatsync::redis {
namespace {

TEST(LastTurns, TellsASessionsLastTurnOnce) {
  LastTurns turns;
  turns.remember("abc", {.count = 6, .timestamp_us = 60});
  turns.remember("abc", {.count = 7, .timestamp_us = 70});
  const auto last = turns.take("abc");
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(last->count, 7);
  EXPECT_EQ(last->timestamp_us, 70);
  EXPECT_FALSE(turns.take("abc").has_value()) << "a turn is under way that may or may not be recorded";
}

TEST(LastTurns, KnowsNothingOfOtherSessions) {
  LastTurns turns;
  EXPECT_FALSE(turns.take("abc").has_value());
  turns.remember("abc", {.count = 1, .timestamp_us = 10});
  EXPECT_FALSE(turns.take("abd").has_value());
}

TEST(LastTurns, ForgetsAll) {
  LastTurns turns;
  turns.remember("abc", {.count = 1, .timestamp_us = 10});
  turns.forget_all();
  EXPECT_FALSE(turns.take("abc").has_value());
}

TEST(LastTurns, NeverTellsAnotherSessionsTurnHoweverManyThereAre) {
  constexpr int kSessions = 300'000;
  LastTurns turns;
  for (int number = 1; number <= kSessions; ++number) {
    turns.remember("session-" + std::to_string(number), {.count = number, .timestamp_us = number});
  }
  int remembered = 0;
  for (int number = 1; number <= kSessions; ++number) {
    const auto last = turns.take("session-" + std::to_string(number));
    if (!last) continue;
    ++remembered;
    ASSERT_EQ(last->count, number);
  }
  EXPECT_GT(remembered, 50'000);
  EXPECT_LT(remembered, 100'000) << "it is to be bounded";
}

}  // namespace
}  // namespace chatsync::redis
