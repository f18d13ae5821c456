#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <exception>
#include <type_traits>
#include <utility>

namespace chatsync {

/// Threads for drivers that block (MariaDB, SQLite), so that no I/O thread ever does.
/// run() is callable from any coroutine of any executor. The destructor waits for the work under way.
class BlockingPool {
 public:
  explicit BlockingPool(std::size_t threads) : pool_(threads) {}
  ~BlockingPool() { pool_.join(); }
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  /// Runs `work()` (a value-returning callable) on a thread of the pool and resumes the caller on its own
  /// executor with what it returned. An exception of `work` is rethrown at the caller. Not cancellable:
  /// the caller waits for the end, so `work` must bound its own time.
  template <class Work>
  boost::asio::awaitable<std::invoke_result_t<Work>> run(Work work) {
    using Value = std::invoke_result_t<Work>;
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(std::exception_ptr, Value)>(
        [this](auto handler, Work job) {
          auto guard = boost::asio::make_work_guard(handler);
          boost::asio::post(pool_, [handler = std::move(handler), job = std::move(job),
                                    guard = std::move(guard)]() mutable {
            std::exception_ptr failure;
            Value value{};
            try {
              value = job();
            } catch (...) {
              failure = std::current_exception();
            }
            boost::asio::post(guard.get_executor(),
                              [handler = std::move(handler), failure, value = std::move(value)]() mutable {
                                handler(failure, std::move(value));
                              });
          });
        },
        boost::asio::use_awaitable, std::move(work));
  }

  /// Runs `job()` on a thread of the pool. Any thread; nobody learns of its end, and it must not throw.
  template <class Job>
  void post(Job job) {
    boost::asio::post(pool_, std::move(job));
  }

 private:
  boost::asio::thread_pool pool_;
};

}  // namespace chatsync
