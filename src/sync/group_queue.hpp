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

/// What arrives while a group is under way forms the next one, so that many callers share each transaction.
/// Lives on one executor; the task group must have ended before the queue is destroyed.
template <class Item, class Outcome>
class GroupQueue {
 public:
  /// Does the work for a group; one outcome for each item, in their order.
  using Work = std::function<boost::asio::awaitable<std::vector<Outcome>>(std::vector<Item>)>;

  GroupQueue(boost::asio::any_io_executor executor, TaskGroup& tasks, std::string name, std::size_t max_items,
             Work work)
      : executor_(std::move(executor)),
        tasks_(tasks),
        name_(std::move(name)),
        max_items_(max_items),
        work_(std::move(work)) {}

  /// Returns when the group that `item` goes into is done.
  boost::asio::awaitable<Outcome> add(Item item) {
    const auto waiting = std::make_shared<Waiting>(executor_, std::move(item));
    waiting_.push_back(waiting);
    if (!std::exchange(working_, true)) tasks_.spawn(name_, work_off());
    co_return co_await waiting->outcome.wait();
  }

 private:
  struct Waiting {
    Waiting(const boost::asio::any_io_executor& executor, Item what)
        : item(std::move(what)), outcome(executor) {}
    Item item;
    OneShot<Outcome> outcome;
  };

  boost::asio::awaitable<void> work_off() {
    while (!waiting_.empty()) {
      const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(waiting_.size(), max_items_));
      std::vector<std::shared_ptr<Waiting>> group(waiting_.begin(), end);
      waiting_.erase(waiting_.begin(), end);
      std::vector<Item> items;
      items.reserve(group.size());
      for (const auto& each : group) items.push_back(std::move(each->item));
      std::vector<Outcome> outcomes = co_await work_(std::move(items));
      for (std::size_t i = 0; i < group.size(); ++i) group[i]->outcome.set(std::move(outcomes[i]));
    }
    working_ = false;
  }

  boost::asio::any_io_executor executor_;
  TaskGroup& tasks_;
  std::string name_;
  std::size_t max_items_;
  Work work_;
  std::deque<std::shared_ptr<Waiting>> waiting_;
  bool working_ = false;
};

}  // namespace chatsync::sync
