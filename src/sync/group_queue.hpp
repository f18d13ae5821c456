// Callers that wait for the same group come back at the same time, with their next items. Were they all in
// one, they would wait for each other: while it is worked on nobody asks, and while they are answered and ask
// again nothing is worked on. So a group takes but half of the callers, as far as these show: of those who
// wait and those who were in the group before. Few callers are not divided, for each group has a cost of its
// own.
#pragma once

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/dispatch.hpp>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/one_shot.hpp"
#include "base/task_group.hpp"
#include "base/waiting_calls.hpp"

namespace chatsync::sync {

/// What arrives while a group is under way goes with the next ones, so that many callers share each
/// transaction. add() is callable from any coroutine of any executor; the work is done on the queue's own.
/// The task group must have ended before the queue is destroyed.
template <class Item, class Outcome>
class GroupQueue {
 public:
  /// Tells that the next group may begin, which else does so at the end of the work. Once is enough.
  using Proceed = std::function<void()>;
  /// Does the work for a group; one outcome for each item, in their order.
  using Work = std::function<boost::asio::awaitable<std::vector<Outcome>>(std::vector<Item>, Proceed)>;

  GroupQueue(boost::asio::any_io_executor executor, TaskGroup& tasks, std::string name, std::size_t max_items,
             Work work)
      : executor_(std::move(executor)),
        tasks_(tasks),
        name_(std::move(name)),
        max_items_(max_items),
        work_(std::move(work)) {}

  /// Returns when the work for the group that `item` goes into has ended. What the work throws is rethrown at
  /// all callers of the group.
  boost::asio::awaitable<Outcome> add(Item item) {
    return wait_for_answer<Outcome>(std::move(item), [this](Call call) { take(std::move(call)); });
  }

 private:
  /// So few items are not divided.
  static constexpr std::size_t kUndivided = 8;

  using Call = WaitingCall<Item, Outcome>;
  using Group = std::vector<Call>;

  void take(Call call) {
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(call));
      if (std::exchange(working_, true)) return;
    }
    boost::asio::dispatch(executor_, [this] { tasks_.spawn(name_.c_str(), work_off()); });
  }

  boost::asio::awaitable<void> work_off() {
    for (Group group = next_group(); !group.empty(); group = next_group()) {
      const auto next_may_begin = std::make_shared<OneShot<bool>>(executor_);
      tasks_.spawn(name_.c_str(), work_on(std::move(group), next_may_begin));
      co_await next_may_begin->wait();
    }
  }

  Group next_group() {
    const std::lock_guard lock(mutex_);
    const std::size_t half = (waiting_.size() + last_size_ + 1) / 2;
    last_size_ = std::min({waiting_.size(), std::max(half, kUndivided), max_items_});
    Group group = take_first(waiting_, last_size_);
    working_ = !group.empty();
    return group;
  }

  boost::asio::awaitable<void> work_on(Group group, std::shared_ptr<OneShot<bool>> next_may_begin) {
    std::vector<Outcome> outcomes;
    std::exception_ptr failure;
    try {
      outcomes = co_await work_(take_items(group), [next_may_begin] { next_may_begin->set(true); });
    } catch (...) {
      failure = std::current_exception();
    }
    next_may_begin->set(true);
    answer(std::move(group), std::move(outcomes), failure);
  }

  boost::asio::any_io_executor executor_;
  TaskGroup& tasks_;
  std::string name_;
  std::size_t max_items_;
  Work work_;
  std::mutex mutex_;
  std::deque<Call> waiting_;
  std::size_t last_size_ = 0;  ///< Of the group before.
  bool working_ = false;
};

}  // namespace chatsync::sync
