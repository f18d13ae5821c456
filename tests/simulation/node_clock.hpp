#pragma once

#include <chrono>
#include <memory>
#include <utility>

#include "base/clock.hpp"
#include "base/one_shot.hpp"
#include "simulation/world.hpp"

namespace chatsync::simulation {

/// The clocks of one machine: the steady one runs with true time, the wall clock as far from it as it was
/// set.
class NodeClock final : public Clock {
 public:
  /// `wake` lets the node's coroutines run.
  NodeClock(World& world, std::function<void()> wake) : world_(world), wake_(std::move(wake)) {}

  std::int64_t now_us() const override { return kEpoch + world_.now() + skew_; }
  SteadyTime steady_now() const override {
    return SteadyTime(std::chrono::hours(1) + std::chrono::microseconds(world_.now()));
  }
  std::unique_ptr<Alarm> make_alarm(boost::asio::any_io_executor executor) const override {
    return std::make_unique<NodeAlarm>(*this, std::move(executor));
  }

  void set_skew(Micros skew) { skew_ = skew; }

 private:
  static constexpr std::int64_t kEpoch = 1'700'000'000'000'000;

  class NodeAlarm final : public Alarm {
   public:
    NodeAlarm(const NodeClock& clock, boost::asio::any_io_executor executor)
        : clock_(clock), executor_(std::move(executor)) {}

    boost::asio::awaitable<void> wait_until(SteadyTime deadline) override {
      if (!rung_ && deadline > clock_.steady_now()) {
        const auto wait = std::make_shared<OneShot<bool>>(executor_);
        wait_ = wait;
        const auto delay = deadline - clock_.steady_now();
        clock_.world_.after(std::chrono::duration_cast<std::chrono::microseconds>(delay).count() + 1,
                            [weak = std::weak_ptr(wait), wake = clock_.wake_] {
                              const auto due = weak.lock();
                              if (!due) return;
                              due->set(true);
                              wake();
                            });
        co_await wait->wait();
        wait_.reset();
      }
      rung_ = false;
    }

    void ring() override {
      rung_ = true;
      if (wait_) wait_->set(true);
    }

   private:
    const NodeClock& clock_;
    boost::asio::any_io_executor executor_;
    std::shared_ptr<OneShot<bool>> wait_;
    bool rung_ = false;
  };

  World& world_;
  const std::function<void()> wake_;
  Micros skew_ = 0;
};

}  // namespace chatsync::simulation
