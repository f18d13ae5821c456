#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "base/clock.hpp"
#include "chat/pending_turns.hpp"

namespace chatsync::sync {

/// When the next drain is due and what it has to walk over. Plain state without I/O: the caller tells it the
/// time and what happened. The first drain is due at once and sweeps, so that what an earlier process left
/// behind is synced.
class DrainSchedule {
 public:
  struct Intervals {
    std::chrono::milliseconds drain;
    std::chrono::milliseconds sweep;
  };

  DrainSchedule(Intervals intervals, std::size_t watermark, SteadyTime start);

  /// When to drain next without further events. May lie in the past: then at once.
  SteadyTime due() const;

  /// Whether a drain is due: the time has come, or `accepted` turns since the last drain reach the watermark.
  /// While drains fail, only the time counts, so that a flood of turns does not hammer a store that is down.
  bool is_due(SteadyTime now, std::size_t accepted) const;

  /// What a drain that begins at `now` must walk over. One that only the watermark calls for is relief.
  PassKind kind_at(SteadyTime now) const;

  void succeeded(SteadyTime now, PassKind kind);

  /// `jitter` in [0, 1) spreads the retries of several instances.
  void failed(SteadyTime now, double jitter);

  bool failing() const { return failures_ > 0; }

 private:
  Intervals intervals_;
  std::size_t watermark_;
  SteadyTime due_;
  std::optional<SteadyTime> last_sweep_;
  int failures_ = 0;
};

/// The wait before the next attempt after `failures` (1 or more) failed ones: 0.5 s doubling to 30 s, of
/// which the jitter in [0, 1) takes up to a half away.
std::chrono::milliseconds backoff(int failures, double jitter);

}  // namespace chatsync::sync
