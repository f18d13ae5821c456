#include "streams/stream_clients.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>

namespace chatsync::bench {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kToken = "token ";
constexpr std::string_view kEndOfReply = "data: [DONE]\n\n\r\n0\r\n\r\n";

class StreamClients {
 public:
  explicit StreamClients(const StreamLoad& load) : load_(load), deadline_(Clock::now() + load.duration) {}

  std::vector<double> run() {
    for (std::size_t number = 0; number < load_.streams; ++number) {
      asio::co_spawn(context_, stream(number), [this](const std::exception_ptr& failure) {
        if (!failure) return;
        if (!failure_) failure_ = failure;
        context_.stop();
      });
    }
    context_.run();
    if (failure_) std::rethrow_exception(failure_);
    std::ranges::sort(first_tokens_ms_);
    return std::move(first_tokens_ms_);
  }

 private:
  asio::awaitable<void> stream(std::size_t number) {
    asio::steady_timer begin(context_, load_.spread * number / load_.streams);
    co_await begin.async_wait(asio::use_awaitable);
    tcp::socket socket(context_);
    co_await socket.async_connect({asio::ip::address_v4::loopback(), load_.port}, asio::use_awaitable);
    socket.set_option(tcp::no_delay(true));
    const std::string request = request_of(number);
    do {
      co_await ask(&socket, request);
    } while (Clock::now() < deadline_);
  }

  static std::string request_of(std::size_t number) {
    constexpr std::string_view kBody =
        R"({"model":"scripted","stream":true,"messages":[{"role":"user","content":"How are you?"}]})";
    return fmt::format(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
        "X-Session-Id: stream-{}\r\nContent-Length: {}\r\n\r\n{}",
        number, kBody.size(), kBody);
  }

  asio::awaitable<void> ask(tcp::socket* socket, std::string_view request) {
    const auto asked = Clock::now();
    co_await asio::async_write(*socket, asio::buffer(request), asio::use_awaitable);
    std::string text;
    bool begun = false;
    std::array<char, 4096> bytes{};
    do {
      const std::size_t count = co_await socket->async_read_some(asio::buffer(bytes), asio::use_awaitable);
      text.append(bytes.data(), count);
      if (!begun && text.contains(kToken)) {
        first_tokens_ms_.push_back(std::chrono::duration<double, std::milli>(Clock::now() - asked).count());
        if (!text.starts_with("HTTP/1.1 200")) throw std::runtime_error("not answered: " + text);
        begun = true;
        if (++begun_ == load_.streams && load_.all_begun) load_.all_begun();
      }
      // After the first token only the end of the reply is of interest.
      if (begun && text.size() > kEndOfReply.size()) text.erase(0, text.size() - kEndOfReply.size());
      if (!begun && text.contains("\r\n0\r\n\r\n")) throw std::runtime_error("not answered: " + text);
    } while (!text.ends_with(kEndOfReply));
  }

  const StreamLoad& load_;
  Clock::time_point deadline_;
  asio::io_context context_{1};
  std::vector<double> first_tokens_ms_;
  std::size_t begun_ = 0;
  std::exception_ptr failure_;
};

}  // namespace

std::vector<double> first_tokens_ms(const StreamLoad& load) { return StreamClients(load).run(); }

}  // namespace chatsync::bench
