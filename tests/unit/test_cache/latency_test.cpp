#include "test_cache/latency.hpp"

#include <gtest/gtest.h>

namespace chatsync::test_cache {
namespace {

using std::chrono::microseconds;

TEST(TestCacheLatency, OfNoSamplesIsNothing) { EXPECT_FALSE(summarize({})); }

TEST(TestCacheLatency, OfOneSampleIsThatSample) {
  const auto summary = summarize({microseconds{7}});
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->p50, microseconds{7});
  EXPECT_EQ(summary->p95, microseconds{7});
  EXPECT_EQ(summary->max, microseconds{7});
}

TEST(TestCacheLatency, TakesNearestRanksOfUnsortedSamples) {
  std::vector<microseconds> samples;
  for (int sample = 100; sample >= 1; --sample) samples.emplace_back(sample);
  const auto summary = summarize(samples);
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->p50, microseconds{50});
  EXPECT_EQ(summary->p95, microseconds{95});
  EXPECT_EQ(summary->max, microseconds{100});
}

TEST(TestCacheLatency, RoundsARankUp) {
  const auto summary =
      summarize({microseconds{1}, microseconds{2}, microseconds{3}, microseconds{4}, microseconds{5}});
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->p50, microseconds{3});
  EXPECT_EQ(summary->p95, microseconds{5});
}

}  // namespace
}  // namespace chatsync::test_cache
