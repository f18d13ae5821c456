#include "test_cache/latency.hpp"

#include <algorithm>

namespace chatsync::test_cache {

std::optional<LatencySummary> summarize(std::vector<std::chrono::microseconds> samples) {
  if (samples.empty()) {
    return std::nullopt;
  }
  std::ranges::sort(samples);
  const auto nearest_rank = [&](std::size_t percent) {
    constexpr std::size_t kWhole = 100;
    const std::size_t rank = (percent * samples.size() + kWhole - 1) / kWhole;
    return samples.at(rank - 1);
  };
  return LatencySummary{.p50 = nearest_rank(50), .p95 = nearest_rank(95), .max = samples.back()};
}

}  // namespace chatsync::test_cache
