#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/error.hpp"

namespace chatsync::sync {

/// Past any of these, turns are refused before they are accepted (promise 6).
struct BacklogLimits {
  std::size_t turns = 2'000'000;
  std::size_t bytes = std::size_t{2} * 1024 * 1024 * 1024;
  std::chrono::seconds age{0};  ///< Of the oldest pending turn; 0: no limit.
};

/// How much waits for the store, as far as this process knows: what it accepted and did not sync since the
/// last drain began, or what was counted when that failed. Turns that other instances accept are counted
/// then, which is at most 30 s away while the store is down. Lock-free; any thread, but those who drain take
/// turns.
class Backlog {
 public:
  explicit Backlog(BacklogLimits limits) : limits_(limits) {}

  /// A turn was accepted at `now_us`.
  void add(std::size_t bytes, std::int64_t now_us) noexcept;
  void remove(std::size_t turns, std::size_t bytes) noexcept;

  /// A drain begins.
  void begin_drain() noexcept;
  /// It has moved all that was accepted before it began. What came later counts as waiting, though the drain
  /// may have met it.
  void end_drain() noexcept;
  /// Replaces the number of turns by a count just taken; their bytes follow from those that are known.
  void recount(std::size_t turns) noexcept;
  void set_oldest(std::optional<std::int64_t> oldest_us) noexcept;

  std::size_t turns() const noexcept;
  std::size_t bytes() const noexcept;
  /// The age of the oldest pending turn at `now_us`; 0 if nothing is pending.
  std::chrono::microseconds age(std::int64_t now_us) const noexcept;

  /// Why no further turn can be taken at `now_us` (`overloaded`, `backlog_full`); nothing if it can.
  std::optional<Error> refusal(std::int64_t now_us) const;

 private:
  const BacklogLimits limits_;
  // What waits is the difference, which the end of each drain sets anew: no error outlives it.
  std::atomic<std::int64_t> accepted_turns_{0};
  std::atomic<std::int64_t> accepted_bytes_{0};
  std::atomic<std::int64_t> gone_turns_{0};
  std::atomic<std::int64_t> gone_bytes_{0};
  std::atomic<std::int64_t> turns_before_drain_{0};
  std::atomic<std::int64_t> bytes_before_drain_{0};
  std::atomic<std::int64_t> oldest_us_{0};  ///< 0: nothing is pending.
};

}  // namespace chatsync::sync
