#include "redis/backoff.hpp"

#include <algorithm>

namespace chatsync::redis {
namespace {

constexpr std::int64_t kFirstMs = 50;
constexpr std::int64_t kLongestMs = 2'000;

}  // namespace

std::chrono::milliseconds reconnect_delay(unsigned failures, std::uint32_t random) {
  const std::int64_t full = std::min(kFirstMs << std::min(failures, 16U), kLongestMs);
  return std::chrono::milliseconds(full / 2 + random % (full / 2 + 1));
}

}  // namespace chatsync::redis
