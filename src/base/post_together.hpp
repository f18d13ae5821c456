#pragma once

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <utility>
#include <vector>

namespace chatsync {

/// Has `run(Item&)` called for each item on the executor that `executor_of(const Item&)` names, in their
/// order. All items of an executor go by one post, so that its thread is woken once and has them together.
template <class Item, class ExecutorOf, class Run>
void post_together(std::vector<Item> items, const ExecutorOf& executor_of, const Run& run) {
  struct Together {
    boost::asio::any_io_executor executor;
    std::vector<Item> items;
  };
  std::vector<Together> executors;
  for (Item& item : items) {
    const boost::asio::any_io_executor executor = executor_of(item);
    auto place = std::ranges::find(executors, executor, &Together::executor);
    if (place == executors.end()) place = executors.insert(place, {executor, {}});
    place->items.push_back(std::move(item));
  }
  for (Together& together : executors) {
    // When the items have run, whoever runs them may end and take the executor away: not before this is done.
    const auto guard = boost::asio::make_work_guard(together.executor);
    boost::asio::post(together.executor, [run, ours = std::move(together.items)]() mutable {
      for (Item& item : ours) run(item);
    });
  }
}

}  // namespace chatsync
