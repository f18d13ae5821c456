#pragma once

#include <cstddef>
#include <cstdint>

namespace chatsync::bench {

/// What was asked of the heap, by malloc and its kin, on which operator new and hiredis stand.
struct HeapCount {
  std::uint64_t allocations = 0;
  std::uint64_t bytes = 0;  ///< As asked for.
};

/// Nothing that the calling thread does is counted, from here on.
void leave_this_thread_out();

/// Begins to count, in all other threads, at zero.
void start_heap_count();

/// Ends it, and returns what was counted.
HeapCount stop_heap_count();

/// Called for each counted allocation in the thread that makes it; what it allocates itself is not counted.
/// Null: nobody. Set it while nothing is counted.
using AllocationWitness = void (*)(std::size_t bytes);
void set_allocation_witness(AllocationWitness witness);

}  // namespace chatsync::bench
