// The functions below take the place of the C library's, whose own go on to do the work. free() stays the
// library's: what it is given comes from nowhere else.
#include "micro/allocations/heap_count.hpp"

#include <atomic>
#include <cerrno>

// The names are the C library's.
// NOLINTBEGIN(bugprone-reserved-identifier)
extern "C" {
void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t count, std::size_t bytes);
void* __libc_realloc(void* memory, std::size_t bytes);
void* __libc_memalign(std::size_t alignment, std::size_t bytes);
}
// NOLINTEND(bugprone-reserved-identifier)

namespace chatsync::bench {
namespace {

std::atomic<bool> counting{false};
std::atomic<std::uint64_t> allocations{0};
std::atomic<std::uint64_t> allocated_bytes{0};
std::atomic<AllocationWitness> witness_of_all{nullptr};
thread_local bool left_out = false;

void count(std::size_t bytes) {
  if (left_out || !counting.load(std::memory_order_relaxed)) return;
  allocations.fetch_add(1, std::memory_order_relaxed);
  allocated_bytes.fetch_add(bytes, std::memory_order_relaxed);
  const AllocationWitness witness = witness_of_all.load(std::memory_order_relaxed);
  if (witness == nullptr) return;
  left_out = true;
  witness(bytes);
  left_out = false;
}

}  // namespace

void leave_this_thread_out() { left_out = true; }

void start_heap_count() {
  allocations = 0;
  allocated_bytes = 0;
  counting = true;
}

HeapCount stop_heap_count() {
  counting = false;
  return {.allocations = allocations, .bytes = allocated_bytes};
}

void set_allocation_witness(AllocationWitness witness) { witness_of_all = witness; }

}  // namespace chatsync::bench

extern "C" {

void* malloc(std::size_t bytes) {
  chatsync::bench::count(bytes);
  return __libc_malloc(bytes);
}

void* calloc(std::size_t count, std::size_t bytes) {
  chatsync::bench::count(count * bytes);
  return __libc_calloc(count, bytes);
}

void* realloc(void* memory, std::size_t bytes) {
  chatsync::bench::count(bytes);
  return __libc_realloc(memory, bytes);
}

void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
  chatsync::bench::count(bytes);
  return __libc_memalign(alignment, bytes);
}

void* memalign(std::size_t alignment, std::size_t bytes) { return aligned_alloc(alignment, bytes); }

int posix_memalign(void** memory, std::size_t alignment, std::size_t bytes) {
  void* const got = aligned_alloc(alignment, bytes);
  if (got == nullptr) return ENOMEM;
  *memory = got;
  return 0;
}
}
