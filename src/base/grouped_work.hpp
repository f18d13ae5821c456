#pragma once

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "base/blocking_pool.hpp"
#include "base/waiting_calls.hpp"

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
    return wait_for_answer<Value>(std::move(item), [this](Call call) { add(std::move(call)); });
  }

 private:
  using Call = WaitingCall<Item, Value>;

  void add(Call call) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(call));
    if (under_way_ == groups_) return;
    ++under_way_;
    pool_.post([this] { work_off(); });
  }

  void work_off() {
    for (std::vector<Call> group = take(); !group.empty(); group = take()) {
      const std::vector<Item> items = take_items(group);
      std::vector<Value> values;
      std::exception_ptr failure;
      try {
        values = work_(items);
      } catch (...) {
        failure = std::current_exception();
      }
      answer(std::move(group), std::move(values), failure);
    }
  }

  std::vector<Call> take() {
    const std::lock_guard lock(mutex_);
    std::vector<Call> group = take_first(waiting_, std::min(waiting_.size(), max_items_));
    if (group.empty()) --under_way_;
    return group;
  }

  BlockingPool& pool_;
  const std::size_t groups_;
  const std::size_t max_items_;
  const Work work_;
  std::mutex mutex_;
  std::deque<Call> waiting_;
  std::size_t under_way_ = 0;
};

}  // namespace chatsync
