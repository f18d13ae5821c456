#pragma once

#include <cstddef>
#include <cstdint>
#include <random>

namespace chatsync::simulation {

/// All chance of one simulated run. The distributions are spelled out, so that a seed means the same run
/// wherever it is replayed.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t bits() { return engine_(); }

  /// Both ends included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(high - low + 1));
  }

  std::size_t below(std::size_t end) { return static_cast<std::size_t>(engine_() % end); }

  bool chance(double probability) { return static_cast<double>(engine_() >> 11) * 0x1.0p-53 < probability; }

  template <class Container>
  auto& pick(Container& from) {
    return from[below(from.size())];
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace chatsync::simulation
