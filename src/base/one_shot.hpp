#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <optional>
#include <utility>

namespace chatsync {

/// A value that is set once and that any number of coroutines may await, before or after. Used from one
/// executor only. It must outlive its waiters: share it by std::shared_ptr where that is not plain.
template <class T>
class OneShot {
 public:
  explicit OneShot(const boost::asio::any_io_executor& executor)
      : timer_(executor, std::chrono::steady_clock::time_point::max()) {}

  bool is_set() const { return value_.has_value(); }

  void set(T value) {
    value_.emplace(std::move(value));
    timer_.cancel();
  }

  boost::asio::awaitable<T> wait() {
    while (!value_) {
      boost::system::error_code cancelled;
      co_await timer_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
    }
    co_return *value_;
  }

 private:
  boost::asio::steady_timer timer_;
  std::optional<T> value_;
};

}  // namespace chatsync
