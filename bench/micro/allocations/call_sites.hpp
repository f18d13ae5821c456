#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace chatsync::bench {

/// One place of chatsync's sources that allocates, whoever it does it through.
struct CallSite {
  std::string place;  ///< Function and line, then where it was called from, as far as the build tells lines.
  std::string means;  ///< What chatsync called that allocated.
  std::uint64_t allocations = 0;
  std::uint64_t bytes = 0;
};

/// An allocation witness (heap_count.hpp) that remembers from where it was called.
void remember_call_site(std::size_t bytes);

/// Call once before the first allocation that is to be remembered.
void prepare_call_sites();

/// What was remembered, the busiest first. Runs llvm-symbolizer-19; throws std::runtime_error where there is
/// none. While nothing is counted.
std::vector<CallSite> call_sites();

}  // namespace chatsync::bench
