#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <thread>
#include <utility>

namespace chatsync::app {

/// One thread that runs one io_context from construction to destruction. Destroy it only when nothing that
/// runs on it is needed any more.
class IoThread {
 public:
  IoThread() : io_(1), work_(io_.get_executor()), thread_([this] { io_.run(); }) {}
  ~IoThread() { stop(); }
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  boost::asio::io_context::executor_type executor() { return io_.get_executor(); }

  /// Starts `task` on the thread. The future is its owner: it gets the result, or the exception that left it.
  template <class T>
  std::future<T> spawn(boost::asio::awaitable<T> task) {
    return boost::asio::co_spawn(io_, std::move(task), boost::asio::use_future);
  }

  /// Ends the thread; what has not come to its end never will. Coroutine frames live on until destruction.
  void stop() {
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

}  // namespace chatsync::app
