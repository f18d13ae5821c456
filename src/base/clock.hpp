#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>

namespace chatsync {

using SteadyTime = std::chrono::steady_clock::time_point;

/// A sleep that can be cut short. Used from one executor only; at most one waiter at a time.
class Alarm {
 public:
  virtual ~Alarm() = default;

  /// Returns at `deadline`, or as soon as ring() is called. A ring() while nobody waits is remembered:
  /// the next wait returns at once, so that no wake-up is lost.
  virtual boost::asio::awaitable<void> wait_until(SteadyTime deadline) = 0;

  virtual void ring() = 0;
};

/// The only source of time. Production uses SystemClock, tests a clock under their control.
/// now_us() and steady_now() are callable from any thread.
class Clock {
 public:
  virtual ~Clock() = default;

  /// Microseconds since the Unix epoch, UTC. May step backwards when the operator sets the clock.
  virtual std::int64_t now_us() const = 0;

  /// Never steps; for deadlines and intervals.
  virtual SteadyTime steady_now() const = 0;

  /// An alarm whose waits run on `executor`. The alarm must not outlive the executor's context.
  virtual std::unique_ptr<Alarm> make_alarm(boost::asio::any_io_executor executor) const = 0;
};

class SystemClock final : public Clock {
 public:
  std::int64_t now_us() const override;
  SteadyTime steady_now() const override;
  std::unique_ptr<Alarm> make_alarm(boost::asio::any_io_executor executor) const override;
};

}  // namespace chatsync
