#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace chatsync {

/// A count that only grows. Lock-free; any thread.
class Counter {
 public:
  void add(std::uint64_t amount = 1) noexcept { value_.fetch_add(amount, std::memory_order_relaxed); }
  std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// A value that goes up and down. Lock-free; any thread.
class Gauge {
 public:
  void set(std::int64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
  void add(std::int64_t amount) noexcept { value_.fetch_add(amount, std::memory_order_relaxed); }
  std::int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

/// Durations in fixed buckets from 100 µs to 10 s. Lock-free; any thread.
class DurationHistogram {
 public:
  /// Upper bounds of the buckets in microseconds; one more bucket takes what is longer.
  static constexpr std::array<std::int64_t, 16> kBoundsUs = {
      100,    250,     500,     1'000,   2'500,     5'000,     10'000,    25'000,
      50'000, 100'000, 250'000, 500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000};

  void observe_us(std::int64_t duration_us) noexcept {
    std::size_t bucket = 0;
    while (bucket < kBoundsUs.size() && duration_us > kBoundsUs[bucket]) ++bucket;
    buckets_[bucket].add();
    sum_us_.add(static_cast<std::uint64_t>(duration_us < 0 ? 0 : duration_us));
  }

  /// Observations per bucket (not cumulative).
  std::span<const Counter> buckets() const noexcept { return buckets_; }
  std::uint64_t sum_us() const noexcept { return sum_us_.value(); }

 private:
  std::array<Counter, kBoundsUs.size() + 1> buckets_;
  Counter sum_us_;
};

}  // namespace chatsync
