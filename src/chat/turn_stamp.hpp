#pragma once

#include <cstdint>

namespace chatsync {

// The cache and, while that is away, the store stamp turns of one session without knowing of each other. Were
// both to take the first stamp after the last turn that they know, they would take the same, and one of the
// two turns could not be stored at its place. So the cache gives even microseconds and the store odd ones.

/// The stamp the cache gives a turn: even, `proposal_us` or a microsecond before it where that is after the
/// session's last turn, otherwise the first after that.
constexpr std::int64_t cache_stamp(std::int64_t proposal_us, std::int64_t last_us) {
  const std::int64_t even_us = proposal_us & ~std::int64_t{1};
  return even_us > last_us ? even_us : (last_us | 1) + 1;
}

/// The stamp given to a turn that the cache did not record: odd, `proposal_us` or a microsecond after it
/// where that is after the session's last turn, otherwise the first after that.
constexpr std::int64_t store_stamp(std::int64_t proposal_us, std::int64_t last_us) {
  return (proposal_us > last_us ? proposal_us : last_us + 1) | 1;
}

}  // namespace chatsync
