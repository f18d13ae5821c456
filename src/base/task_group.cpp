#include "base/task_group.hpp"

#include <boost/asio/co_spawn.hpp>
#include <utility>

#include "base/log.hpp"
#include "base/one_shot.hpp"

namespace chatsync {

struct TaskGroup::State {
  explicit State(boost::asio::any_io_executor on) : executor(std::move(on)) {}

  boost::asio::any_io_executor executor;
  std::size_t running = 0;
  std::shared_ptr<OneShot<bool>> idle;
};

TaskGroup::TaskGroup(boost::asio::any_io_executor executor)
    : state_(std::make_shared<State>(std::move(executor))) {}

TaskGroup::~TaskGroup() = default;

void TaskGroup::spawn(const char* name, boost::asio::awaitable<void> task) {
  ++state_->running;
  boost::asio::co_spawn(state_->executor, std::move(task),
                        [state = state_, name](const std::exception_ptr& failure) {
                          if (failure) log_escaped_exception(name, failure);
                          if (--state->running == 0 && state->idle) std::exchange(state->idle, {})->set(true);
                        });
}

std::size_t TaskGroup::running() const { return state_->running; }

boost::asio::awaitable<void> TaskGroup::join() {
  while (state_->running > 0) {
    if (!state_->idle) state_->idle = std::make_shared<OneShot<bool>>(state_->executor);
    const auto idle = state_->idle;
    co_await idle->wait();
  }
}

}  // namespace chatsync
