#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace chatsync::simulation {

/// What one simulated run came to.
struct RunReport {
  std::uint64_t seed = 0;
  std::uint64_t fingerprint = 0;  ///< Of the steps taken: equal for equal runs.
  std::vector<std::string> violations;
  std::size_t acknowledged = 0;
  std::size_t unknown = 0;
  std::size_t failed = 0;
  std::size_t appended = 0;     ///< Acknowledged turns that the store took in the cache's place.
  std::size_t quarantined = 0;  ///< Acknowledged turns in dead_letters because of a clash.
  std::size_t faults = 0;
  std::size_t rewinds = 0;  ///< The cache came back without all it had.
};

/// Runs one seed: the same run whenever and wherever it is called. `traced` prints every step.
RunReport simulate(std::uint64_t seed, bool traced = false);

/// Runs `count` seeds from `first` on, on all cores, in no particular order. Ends early once `failures` have
/// failed.
std::vector<RunReport> simulate_many(std::uint64_t first, std::uint64_t count, std::size_t failures);

}  // namespace chatsync::simulation
