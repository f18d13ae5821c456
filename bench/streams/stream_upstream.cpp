#include "streams/stream_upstream.hpp"

#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <string_view>
#include <utility>

namespace chatsync::bench {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::string_view kHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
constexpr std::string_view kEndOfReply = "0\r\n\r\n";

std::string chunk(std::string_view data) {
  const std::string event = fmt::format("data: {}\n\n", data);
  return fmt::format("{:x}\r\n{}\r\n", event.size(), event);
}

std::string token(std::string_view delta, std::string_view finish_reason) {
  return chunk(fmt::format(
      R"({{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"scripted",)"
      R"("choices":[{{"index":0,"delta":{},"finish_reason":{}}}]}})",
      delta, finish_reason));
}

/// Reads one request and forgets it.
asio::awaitable<void> read_request(tcp::socket* socket, std::string* buffer) {
  const std::size_t head = co_await asio::async_read_until(*socket, asio::dynamic_buffer(*buffer), "\r\n\r\n",
                                                           asio::use_awaitable);
  constexpr std::string_view kLength = "Content-Length: ";
  const std::size_t at = buffer->find(kLength);
  const std::size_t body = at < head ? std::stoul(buffer->substr(at + kLength.size(), 20)) : 0;
  const std::size_t whole = head + body;
  if (buffer->size() < whole) {
    co_await asio::async_read(*socket, asio::dynamic_buffer(*buffer),
                              asio::transfer_exactly(whole - buffer->size()), asio::use_awaitable);
  }
  buffer->erase(0, whole);
}

}  // namespace

StreamUpstream::StreamUpstream(Pace pace)
    : pace_(pace),
      acceptor_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
      hold_(context_,
            pace.held ? asio::steady_timer::time_point::max() : asio::steady_timer::time_point::min()) {
  acceptor_.listen(asio::socket_base::max_listen_connections);
  asio::co_spawn(context_, accept(), asio::detached);
  thread_ = std::jthread([this] { context_.run(); });
}

StreamUpstream::~StreamUpstream() {
  context_.stop();
  thread_.join();
}

std::string StreamUpstream::base_url() const { return fmt::format("http://127.0.0.1:{}/v1", port()); }

void StreamUpstream::release() {
  asio::post(context_, [this] { hold_.expires_at(asio::steady_timer::time_point::min()); });
}

asio::awaitable<void> StreamUpstream::accept() {
  for (;;) {
    tcp::socket socket = co_await acceptor_.async_accept(asio::use_awaitable);
    // It ends with the exception that says that its client has gone, which is nobody's concern.
    asio::co_spawn(context_, serve(std::move(socket)), asio::detached);
  }
}

asio::awaitable<void> StreamUpstream::serve(tcp::socket socket) {
  socket.set_option(tcp::no_delay(true));
  std::string buffer;
  for (;;) {
    co_await read_request(&socket, &buffer);
    co_await answer(&socket);
  }
}

asio::awaitable<void> StreamUpstream::answer(tcp::socket* socket) {
  static const std::string kFirst =
      std::string(kHead) + token(R"({"role":"assistant","content":"token "})", "null");
  static const std::string kOther = token(R"({"content":"token "})", "null");
  static const std::string kLast = token("{}", R"("stop")") + chunk("[DONE]") + std::string(kEndOfReply);
  co_await asio::async_write(*socket, asio::buffer(kFirst), asio::use_awaitable);
  boost::system::error_code released;
  co_await hold_.async_wait(asio::redirect_error(asio::use_awaitable, released));
  asio::steady_timer pause(context_);
  for (int number = 2; number <= pace_.tokens; ++number) {
    pause.expires_after(pace_.pause);
    co_await pause.async_wait(asio::use_awaitable);
    co_await asio::async_write(*socket, asio::buffer(kOther), asio::use_awaitable);
  }
  co_await asio::async_write(*socket, asio::buffer(kLast), asio::use_awaitable);
}

}  // namespace chatsync::bench
