#pragma once

#include <sys/types.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace chatsync::http {

/// Sends what the connections of a thread have to say, all of one turn of the event loop by one system call
/// where the kernel can: see batched_sender.cpp. Used from its executor's thread only, and must outlive what
/// is under way.
class BatchedSender {
 public:
  enum class SystemCalls {
    one_for_all,  ///< Where io_uring may be used; otherwise as the other one.
    one_for_each,
  };

  explicit BatchedSender(boost::asio::any_io_executor executor, SystemCalls calls = SystemCalls::one_for_all);
  ~BatchedSender();
  BatchedSender(const BatchedSender&) = delete;
  BatchedSender& operator=(const BatchedSender&) = delete;

  /// Whether io_uring may be used here.
  static bool kernel_has_rings();

  /// Sends as much of `text` as `socket` takes without waiting. Returns the number of bytes, or an errno as a
  /// negative number; -EBADF if the socket was closed meanwhile. Both must stay until then. Not cancellable.
  boost::asio::awaitable<ssize_t> send(boost::asio::ip::tcp::socket* socket, std::string_view text) {
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(ssize_t)>(
        [this](auto handler, boost::asio::ip::tcp::socket* to, std::string_view bytes) {
          add({.socket = to, .text = bytes, .sent = 0, .handler = std::move(handler)});
        },
        boost::asio::use_awaitable, socket, text);
  }

 private:
  struct Ring;
  struct Item {
    boost::asio::ip::tcp::socket* socket;  ///< Not its number, which another one has once it is closed.
    std::string_view text;
    ssize_t sent;
    std::move_only_function<void(ssize_t)> handler;
  };

  void add(Item item);
  void flush();
  bool has_ring();
  void give_up_ring();
  void send_all(std::vector<Item>& items);

  boost::asio::any_io_executor executor_;
  SystemCalls calls_;
  std::unique_ptr<Ring> ring_;
  std::vector<Item> waiting_;
  std::vector<Item> sending_;  ///< Empty but in flush(); keeps its memory.
};

}  // namespace chatsync::http
