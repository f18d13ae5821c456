#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/one_shot.hpp"
#include "support/run_coroutine.hpp"

namespace chatsync::test {

/// A fixture with an event loop that runs on the test's own thread while something is awaited.
class CoroutineTest : public ::testing::Test {
 protected:
  boost::asio::io_context& io() { return io_; }

  template <class T>
  T await(boost::asio::awaitable<T> task) {
    return run_coroutine(io_, std::move(task));
  }

  /// What a task that must succeed returns; an error ends the test with its message.
  template <class T>
  T ok(AsyncResult<T> task) {
    Result<T> result = await(std::move(task));
    if (!result) throw std::runtime_error(result.error().message + " (" + result.error().code + ")");
    if constexpr (!std::is_void_v<T>) return std::move(*result);
  }

  /// Runs the tasks side by side to their ends.
  template <class T>
  std::vector<Result<T>> all(std::vector<AsyncResult<T>> tasks) {
    return await(join<T>(std::move(tasks)));
  }

 private:
  template <class T>
  boost::asio::awaitable<std::vector<Result<T>>> join(std::vector<AsyncResult<T>> tasks) {
    std::vector<Result<T>> results(tasks.size());
    std::exception_ptr failure;
    std::size_t running = tasks.size();
    OneShot<bool> ended(io_.get_executor());
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      boost::asio::co_spawn(io_, std::move(tasks[i]), [&, i](std::exception_ptr thrown, Result<T> result) {
        if (thrown) failure = std::move(thrown);
        results[i] = std::move(result);
        if (--running == 0) ended.set(true);
      });
    }
    co_await ended.wait();
    if (failure) std::rethrow_exception(failure);
    co_return results;
  }

  boost::asio::io_context io_;
};

}  // namespace chatsync::test
