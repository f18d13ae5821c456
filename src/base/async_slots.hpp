#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <deque>
#include <memory>
#include <utility>

#include "base/one_shot.hpp"

namespace chatsync {

/// Lets at most so many coroutines of one executor in at a time, first come first served. Being in across a
/// co_await blocks no thread.
class AsyncSlots {
 public:
  /// One is in until it is destroyed. Must not outlive the slots.
  class Guard {
   public:
    explicit Guard(AsyncSlots* slots) : slots_(slots) {}
    Guard(Guard&& other) noexcept : slots_(std::exchange(other.slots_, nullptr)) {}
    Guard& operator=(Guard&&) = delete;
    ~Guard() {
      if (slots_ != nullptr) slots_->leave();
    }

   private:
    AsyncSlots* slots_;
  };

  AsyncSlots(boost::asio::any_io_executor executor, std::size_t count)
      : executor_(std::move(executor)), free_(count) {}

  boost::asio::awaitable<Guard> enter() {
    if (free_ > 0) {
      --free_;
      co_return Guard(this);
    }
    auto turn = std::make_shared<OneShot<bool>>(executor_);
    waiters_.push_back(turn);
    co_await turn->wait();
    co_return Guard(this);
  }

 private:
  void leave() {
    if (waiters_.empty()) {
      ++free_;
      return;
    }
    // The slot stays taken on behalf of the next in line, so that nobody can slip in between.
    waiters_.front()->set(true);
    waiters_.pop_front();
  }

  boost::asio::any_io_executor executor_;
  std::deque<std::shared_ptr<OneShot<bool>>> waiters_;
  std::size_t free_;
};

}  // namespace chatsync
