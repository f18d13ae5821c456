// Callers that wait for the same group come back at the same time, with their next items. Were they all in
// one, they would wait for each other: while it is worked on nobody asks, and while they are answered and ask
// again nothing is worked on. So a group takes but half of the callers, as far as these show: of those who
// wait and those who were in the group before. Few callers are not divided, for each group has a cost of its
// own.
#pragma once

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <deque>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/one_shot.hpp"
#include "base/task_group.hpp"

namespace chatsync::sync {

/// What arrives while a group is under way goes with the next ones, so that many callers share each
/// transaction. Lives on one executor; the task group must have ended before the queue is destroyed.
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

  /// Returns when the work for the group that `item` goes into has ended.
  boost::asio::awaitable<Outcome> add(Item item) {
    const auto waiting = std::make_shared<Waiting>(executor_, std::move(item));
    waiting_.push_back(waiting);
    if (!std::exchange(working_, true)) tasks_.spawn(name_, work_off());
    co_return co_await waiting->outcome.wait();
  }

 private:
  /// So few items are not divided.
  static constexpr std::size_t kUndivided = 8;

  struct Waiting {
    Waiting(const boost::asio::any_io_executor& executor, Item what)
        : item(std::move(what)), outcome(executor) {}
    Item item;
    OneShot<Outcome> outcome;
  };

  using Group = std::vector<std::shared_ptr<Waiting>>;

  boost::asio::awaitable<void> work_off() {
    while (!waiting_.empty()) {
      const std::size_t half = (waiting_.size() + last_size_ + 1) / 2;
      last_size_ = std::min({waiting_.size(), std::max(half, kUndivided), max_items_});
      const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(last_size_);
      Group group(waiting_.begin(), end);
      waiting_.erase(waiting_.begin(), end);
      const auto next_may_begin = std::make_shared<OneShot<bool>>(executor_);
      tasks_.spawn(name_, work_on(std::move(group), next_may_begin));
      co_await next_may_begin->wait();
    }
    working_ = false;
  }

  boost::asio::awaitable<void> work_on(Group group, std::shared_ptr<OneShot<bool>> next_may_begin) {
    std::vector<Item> items;
    items.reserve(group.size());
    for (const auto& each : group) items.push_back(std::move(each->item));
    std::vector<Outcome> outcomes =
        co_await work_(std::move(items), [next_may_begin] { next_may_begin->set(true); });
    next_may_begin->set(true);
    for (std::size_t i = 0; i < group.size(); ++i) group[i]->outcome.set(std::move(outcomes[i]));
  }

  boost::asio::any_io_executor executor_;
  TaskGroup& tasks_;
  std::string name_;
  std::size_t max_items_;
  Work work_;
  std::deque<std::shared_ptr<Waiting>> waiting_;
  std::size_t last_size_ = 0;  ///< Of the group before.
  bool working_ = false;
};

}  // namespace chatsync::sync
