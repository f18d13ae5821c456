#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <string>

#include "base/error.hpp"
#include "base/task_group.hpp"

namespace chatsync::http {

/// The listening socket. Used from its executor's thread once it is started.
class Listener {
 public:
  /// Where the next socket is to live.
  using ChooseExecutor = std::function<boost::asio::any_io_executor()>;
  using Accept = std::function<void(boost::asio::ip::tcp::socket)>;

  explicit Listener(boost::asio::any_io_executor executor);

  /// See HttpServer::listen().
  Result<std::uint16_t> listen(const std::string& host, std::uint16_t port);

  /// Calls `accept`, on the listener's thread, with each connection.
  void start(ChooseExecutor choose, Accept accept);

  /// Closes the socket and returns when `accept` will not be called any more.
  boost::asio::awaitable<void> stop();

 private:
  boost::asio::awaitable<void> run(ChooseExecutor choose, Accept accept);

  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  TaskGroup tasks_;
  bool stopped_ = false;
};

}  // namespace chatsync::http
