#include "sync/schedule.hpp"

#include <algorithm>

namespace chatsync::sync {

DrainSchedule::DrainSchedule(Intervals intervals, std::size_t watermark, SteadyTime start)
    : intervals_(intervals), watermark_(watermark), due_(start) {}

SteadyTime DrainSchedule::due() const { return due_; }

bool DrainSchedule::is_due(SteadyTime now, std::size_t accepted) const {
  return now >= due_ || (!failing() && accepted >= watermark_);
}

PassKind DrainSchedule::kind_at(SteadyTime now) const {
  const bool sweep_due = !last_sweep_ || now - *last_sweep_ >= intervals_.sweep;
  if (sweep_due) return PassKind::sweep;
  return now >= due_ ? PassKind::indexed : PassKind::relief;
}

void DrainSchedule::succeeded(SteadyTime now, PassKind kind) {
  failures_ = 0;
  due_ = now + intervals_.drain;
  if (kind == PassKind::sweep) last_sweep_ = now;
}

void DrainSchedule::failed(SteadyTime now, double jitter) { due_ = now + backoff(++failures_, jitter); }

std::chrono::milliseconds backoff(int failures, double jitter) {
  constexpr std::chrono::milliseconds kFirst{500};
  constexpr std::chrono::milliseconds kLongest{30'000};
  const int doublings = std::clamp(failures - 1, 0, 10);
  const auto full = std::min(kFirst * (1 << doublings), kLongest);
  return full - std::chrono::duration_cast<std::chrono::milliseconds>(full * (jitter / 2));
}

}  // namespace chatsync::sync
