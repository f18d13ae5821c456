#include "base/clock.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace chatsync {
namespace {

class TimerAlarm final : public Alarm {
 public:
  explicit TimerAlarm(const boost::asio::any_io_executor& executor) : timer_(executor) {}

  boost::asio::awaitable<void> wait_until(SteadyTime deadline) override {
    if (!rung_) {
      timer_.expires_at(deadline);
      boost::system::error_code cancelled;
      co_await timer_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
    }
    rung_ = false;
  }

  void ring() override {
    rung_ = true;
    timer_.cancel();
  }

 private:
  boost::asio::steady_timer timer_;
  bool rung_ = false;
};

}  // namespace

std::int64_t SystemClock::now_us() const {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count();
}

SteadyTime SystemClock::steady_now() const { return std::chrono::steady_clock::now(); }

std::unique_ptr<Alarm> SystemClock::make_alarm(boost::asio::any_io_executor executor) const {
  return std::make_unique<TimerAlarm>(executor);
}

}  // namespace chatsync
