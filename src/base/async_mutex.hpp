#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <deque>
#include <memory>
#include <utility>

#include "base/one_shot.hpp"

namespace chatsync {

/// Mutual exclusion among coroutines of one executor, first come first served. Holding it across a
/// co_await blocks no thread.
class AsyncMutex {
 public:
  /// Holds the mutex until it is destroyed. Must not outlive the mutex.
  class Guard {
   public:
    explicit Guard(AsyncMutex* mutex) : mutex_(mutex) {}
    Guard(Guard&& other) noexcept : mutex_(std::exchange(other.mutex_, nullptr)) {}
    Guard& operator=(Guard&&) = delete;
    ~Guard() {
      if (mutex_ != nullptr) mutex_->unlock();
    }

   private:
    AsyncMutex* mutex_;
  };

  explicit AsyncMutex(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

  boost::asio::awaitable<Guard> lock() {
    if (locked_) {
      auto turn = std::make_shared<OneShot<bool>>(executor_);
      waiters_.push_back(turn);
      co_await turn->wait();
    }
    locked_ = true;
    co_return Guard(this);
  }

 private:
  void unlock() {
    if (waiters_.empty()) {
      locked_ = false;
      return;
    }
    // The mutex stays locked on behalf of the next in line, so that nobody can slip in between.
    waiters_.front()->set(true);
    waiters_.pop_front();
  }

  boost::asio::any_io_executor executor_;
  std::deque<std::shared_ptr<OneShot<bool>>> waiters_;
  bool locked_ = false;
};

}  // namespace chatsync
