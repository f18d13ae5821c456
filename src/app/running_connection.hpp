#pragma once

#include <boost/asio/post.hpp>
#include <exception>
#include <future>

#include "app/io_thread.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/settings.hpp"
#include "redis/connection.hpp"

namespace chatsync::app {

/// A connection to Redis that is kept up on a thread of its owner's choice until close().
class RunningConnection {
 public:
  RunningConnection(IoThread& thread, const Settings::Redis& settings, const Clock& clock)
      : thread_(thread),
        connection_(thread.executor(), settings, clock),
        ended_(thread.spawn(connection_.run())) {}
  ~RunningConnection() {
    try {
      close();
    } catch (...) {
      log_escaped_exception("redis connection", std::current_exception());
    }
  }
  RunningConnection(const RunningConnection&) = delete;
  RunningConnection& operator=(const RunningConnection&) = delete;

  redis::RedisConnection& operator*() { return connection_; }

  /// Blocks until its coroutines have ended.
  void close() {
    if (!ended_.valid()) return;
    boost::asio::post(thread_.executor(), [this] { connection_.stop(); });
    ended_.get();
  }

 private:
  IoThread& thread_;
  redis::RedisConnection connection_;
  std::future<void> ended_;
};

}  // namespace chatsync::app
