#pragma once

#include <algorithm>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "base/blocking_pool.hpp"

namespace chatsync {

/// Work for single items that a driver does as fast for many: what comes while groups are under way forms the
/// next one, so that many callers share each round trip. An item is in no group that began before it came.
/// run() is callable from any coroutine of any executor. Must outlive the threads of the pool.
template <class Item, class Value>
class GroupedWork {
 public:
  /// Does the work for a group on a thread of the pool; one value for each item, in their order.
  using Work = std::function<std::vector<Value>(std::span<const Item>)>;

  /// At most `groups` at a time, of at most `max_items`.
  GroupedWork(BlockingPool& pool, std::size_t groups, std::size_t max_items, Work work)
      : pool_(pool), groups_(groups), max_items_(max_items), work_(std::move(work)) {}

  /// Resumes the caller on its own executor when the group of `item` is done. What the work throws is
  /// rethrown at all callers of the group.
  boost::asio::awaitable<Value> run(Item item) {
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(std::exception_ptr, Value)>(
        [this](auto handler, Item what) {
          auto guard = boost::asio::make_work_guard(handler);
          add(std::move(what), [handler = std::move(handler), guard = std::move(guard)](
                                   const std::exception_ptr& failure, Value value) mutable {
            boost::asio::post(guard.get_executor(),
                              [handler = std::move(handler), failure, value = std::move(value)]() mutable {
                                handler(failure, std::move(value));
                              });
          });
        },
        boost::asio::use_awaitable, std::move(item));
  }

 private:
  using Done = std::move_only_function<void(std::exception_ptr, Value)>;

  void add(Item item, Done done) {
    const std::lock_guard lock(mutex_);
    items_.push_back(std::move(item));
    done_.push_back(std::move(done));
    if (under_way_ == groups_) return;
    ++under_way_;
    pool_.post([this] { work_off(); });
  }

  void work_off() {
    std::vector<Item> items;
    std::vector<Done> done;
    while (take(items, done)) {
      std::vector<Value> values(items.size());
      std::exception_ptr failure;
      try {
        values = work_(items);
      } catch (...) {
        failure = std::current_exception();
      }
      for (std::size_t i = 0; i < done.size(); ++i) done[i](failure, std::move(values[i]));
    }
  }

  bool take(std::vector<Item>& items, std::vector<Done>& done) {
    const std::lock_guard lock(mutex_);
    items.clear();
    done.clear();
    for (std::size_t left = std::min(items_.size(), max_items_); left > 0; --left) {
      items.push_back(std::move(items_.front()));
      items_.pop_front();
      done.push_back(std::move(done_.front()));
      done_.pop_front();
    }
    if (items.empty()) --under_way_;
    return !items.empty();
  }

  BlockingPool& pool_;
  const std::size_t groups_;
  const std::size_t max_items_;
  const Work work_;
  std::mutex mutex_;
  std::deque<Item> items_;
  std::deque<Done> done_;
  std::size_t under_way_ = 0;
};

}  // namespace chatsync
