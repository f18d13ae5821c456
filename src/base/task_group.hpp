#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>

namespace chatsync {

/// Owns the coroutines spawned through it: each is counted until it ends, an exception that escapes one is
/// logged with the task's name, and join() waits for all of them. Used from one executor only. The group
/// must outlive its tasks, so its owner awaits join() before it goes.
class TaskGroup {
 public:
  explicit TaskGroup(boost::asio::any_io_executor executor);
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// `name` must stay as long as the task runs.
  void spawn(const char* name, boost::asio::awaitable<void> task);

  std::size_t running() const;

  /// Returns once no task runs, those spawned while it waits included.
  boost::asio::awaitable<void> join();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace chatsync
