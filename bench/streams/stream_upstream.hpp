#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

namespace chatsync::bench {

/// How an answer comes: its first token at once, the others after a pause each.
struct Pace {
  int tokens = 1;
  std::chrono::milliseconds pause{0};
  bool held = false;  ///< After the first token nothing comes until release().
};

/// A model server that streams the same answer to every request to POST …/chat/completions, on a thread of
/// its own. What a client costs it is little beside what it costs the server under test.
class StreamUpstream {
 public:
  explicit StreamUpstream(Pace pace);
  ~StreamUpstream();
  StreamUpstream(const StreamUpstream&) = delete;
  StreamUpstream& operator=(const StreamUpstream&) = delete;

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  std::string base_url() const;
  /// Lets the answers that are held, and all that come, go on to their ends. From any thread.
  void release();

 private:
  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket socket);
  boost::asio::awaitable<void> answer(boost::asio::ip::tcp::socket* socket);

  Pace pace_;
  boost::asio::io_context context_{1};
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer hold_;
  std::jthread thread_;
};

}  // namespace chatsync::bench
