#include "answer/retry_policy.hpp"

#include <gtest/gtest.h>

namespace chatsync::answer {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kMuchTime{300};

std::optional<milliseconds> pause(const FailedAttempt& failed, milliseconds left = kMuchTime) {
  return pause_before_retry(failed, left, 0);
}

TEST(RetryPolicy, RepeatsWhatMayPass) {
  for (const int status : {0, 408, 429, 500, 502, 503, 504, 529})
    EXPECT_TRUE(pause({.status = status})) << status;
}

TEST(RetryPolicy, DoesNotRepeatARefusal) {
  for (const int status : {301, 400, 401, 403, 404, 409, 413, 422, 501, 505}) {
    EXPECT_FALSE(pause({.status = status})) << status;
  }
}

TEST(RetryPolicy, DoesNotRepeatWhatFailsTheSameWayAgain) {
  EXPECT_FALSE(pause({.permanent = true}));
  EXPECT_FALSE(pause({.status = 429, .permanent = true}));
}

TEST(RetryPolicy, WaitsTwiceAsLongEachTimeAndThenGivesUp) {
  EXPECT_EQ(pause({.number = 1}), milliseconds(500));
  EXPECT_EQ(pause({.number = 2}), milliseconds(1'000));
  EXPECT_FALSE(pause({.number = kAttempts}));
}

TEST(RetryPolicy, SpreadsAttemptsByAQuarterOfThePause) {
  EXPECT_EQ(pause_before_retry({}, kMuchTime, 1), milliseconds(375));
}

TEST(RetryPolicy, DoesNotComeBackBeforeTheServerWantsIt) {
  EXPECT_EQ(pause({.status = 429, .retry_after = seconds(20)}), seconds(20));
  EXPECT_EQ(pause({.status = 503, .retry_after = seconds(0)}), milliseconds(500));
}

TEST(RetryPolicy, DoesNotWaitPastTheTimeForTheWholeAnswer) {
  EXPECT_FALSE(pause({.status = 429, .retry_after = seconds(20)}, seconds(20)));
  EXPECT_FALSE(pause({}, milliseconds(500)));
}

TEST(RetryAfter, IsANumberOfSecondsOrADate) {
  constexpr std::int64_t kNow = 784'111'767'000'000;  // Sun, 06 Nov 1994 08:49:27 GMT
  EXPECT_EQ(parse_retry_after("7", kNow), seconds(7));
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", kNow), seconds(10));
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:17 GMT", kNow), seconds(0));
  EXPECT_EQ(parse_retry_after("soon", kNow), std::nullopt);
  EXPECT_EQ(parse_retry_after("", kNow), std::nullopt);
}

}  // namespace
}  // namespace chatsync::answer
