#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/one_shot.hpp"

namespace chatsync::test {

/// Time that moves only when the test says so. Alarms fire from advance(). One thread.
class FakeClock final : public Clock {
 public:
  std::int64_t now_us() const override { return now_us_; }
  SteadyTime steady_now() const override { return steady_; }

  std::unique_ptr<Alarm> make_alarm(boost::asio::any_io_executor executor) const override {
    return std::make_unique<FakeAlarm>(*this, std::move(executor));
  }

  /// Moves both clocks and fires the alarms that are due; then run the io_context.
  void advance(std::chrono::microseconds by) {
    now_us_ += by.count();
    steady_ += by;
    for (FakeAlarm* alarm : alarms_) alarm->fire_if_due();
  }

  /// Sets the wall clock alone, as an operator does.
  void set_wall_clock_us(std::int64_t now_us) { now_us_ = now_us; }

  /// When the earliest waiting alarm fires; nothing if none waits.
  std::optional<SteadyTime> next_alarm() const {
    std::optional<SteadyTime> next;
    for (const FakeAlarm* alarm : alarms_) {
      if (alarm->waiting() && (!next || alarm->deadline() < *next)) next = alarm->deadline();
    }
    return next;
  }

 private:
  class FakeAlarm final : public Alarm {
   public:
    FakeAlarm(const FakeClock& clock, boost::asio::any_io_executor executor)
        : clock_(clock), executor_(std::move(executor)) {
      clock_.alarms_.push_back(this);
    }
    ~FakeAlarm() override { std::erase(clock_.alarms_, this); }

    boost::asio::awaitable<void> wait_until(SteadyTime deadline) override {
      if (!rung_ && deadline > clock_.steady_) {
        deadline_ = deadline;
        wait_ = std::make_shared<OneShot<bool>>(executor_);
        const auto wait = wait_;
        co_await wait->wait();
        wait_.reset();
      }
      rung_ = false;
    }

    void ring() override {
      rung_ = true;
      if (wait_) wait_->set(true);
    }

    void fire_if_due() {
      if (wait_ && clock_.steady_ >= deadline_) wait_->set(true);
    }
    bool waiting() const { return wait_ != nullptr; }
    SteadyTime deadline() const { return deadline_; }

   private:
    const FakeClock& clock_;
    boost::asio::any_io_executor executor_;
    SteadyTime deadline_;
    std::shared_ptr<OneShot<bool>> wait_;
    bool rung_ = false;
  };

  std::int64_t now_us_ = 1'700'000'000'000'000;
  SteadyTime steady_{std::chrono::hours(1)};
  mutable std::vector<FakeAlarm*> alarms_;
};

}  // namespace chatsync::test
