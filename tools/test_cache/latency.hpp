#pragma once

#include <chrono>
#include <optional>
#include <vector>

namespace chatsync::test_cache {

/// How long acknowledged requests took, as the client saw it.
struct LatencySummary {
  std::chrono::microseconds p50{0};
  std::chrono::microseconds p95{0};
  std::chrono::microseconds max{0};
};

/// Percentiles by nearest rank: each is a value that occurred. Nothing for no samples.
std::optional<LatencySummary> summarize(std::vector<std::chrono::microseconds> samples);

}  // namespace chatsync::test_cache
