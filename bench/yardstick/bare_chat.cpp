// The machine's limit for POST /chat over Redis, to hold chatsync's figures against: one thread, one epoll
// loop, one connection to Redis. How turns are recorded is a choice: by the documented commands, or the way
// chatsync does.
//
// It is no product: it trusts each request to be what chat_load sends and each reply of Redis to be a
// success, expects every request to come in one piece, checks no time stamp, and ends at the first trouble.
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "recording.hpp"

namespace yardstick {

void give_up(std::string_view why) {
  fmt::print(stderr, "bare_chat: {}\n", why);
  std::_Exit(2);
}

void give_up_at(std::string_view call) {
  give_up(fmt::format("{}: {}", call, std::generic_category().message(errno)));
}

void send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) give_up_at("send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

}  // namespace yardstick

namespace {

using yardstick::give_up_at;
using yardstick::Waiting;

struct Options {
  std::string redis_socket;
  std::uint16_t port = 0;
  std::string mode = "commands";
};

int connect_to_redis(const std::string& path) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) give_up_at("socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) give_up_at(path);
  return socket;
}

int listen_on(std::uint16_t& port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) give_up_at("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  socklen_t size = sizeof address;
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), size) != 0) give_up_at("bind");
  if (::listen(socket, 1'024) != 0) give_up_at("listen");
  getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  return socket;
}

std::string_view between(std::string_view text, std::string_view before, char end) {
  const std::size_t begin = text.find(before) + before.size();
  return text.substr(begin, text.find(end, begin) - begin);
}

class BareChat {
 public:
  explicit BareChat(const Options& options)
      : redis_(connect_to_redis(options.redis_socket)), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    const auto record =
        options.mode == "commands" ? yardstick::record_by_commands : yardstick::record_by_transactions;
    recording_ = record(redis_, [this](const Waiting& waiting) { answer(waiting); });
    std::uint16_t port = options.port;
    listener_ = listen_on(port);
    watch(listener_);
    watch(redis_);
    fmt::print("listens on {}\n", port);
    std::fflush(stdout);
  }

  void run() {
    std::vector<epoll_event> events(1'024);
    while (true) {
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      now_us_ = std::chrono::duration_cast<std::chrono::microseconds>(
                    std::chrono::system_clock::now().time_since_epoch())
                    .count();
      for (int i = 0; i < count; ++i) {
        const int ready = events[static_cast<std::size_t>(i)].data.fd;
        if (ready == listener_) {
          take_client();
        } else if (ready == redis_) {
          recording_->receive();
        } else {
          read_client(ready);
        }
      }
      recording_->send();
    }
  }

 private:
  void watch(int socket) const {
    epoll_event event{.events = EPOLLIN, .data = {.fd = socket}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event);
  }

  void take_client() const {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) give_up_at("accept");
    const int on = 1;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watch(client);
  }

  void read_client(int client) {
    const ssize_t size = ::recv(client, buffer_, sizeof buffer_, 0);
    if (size <= 0) {
      ::close(client);
      return;
    }
    const std::string_view request(buffer_, static_cast<std::size_t>(size));
    const std::string_view body = request.substr(request.find("\r\n\r\n") + 4);
    const std::string_view question = between(body, R"("message":")", '"');
    last_us_ = std::max(now_us_, last_us_ + 2) & ~std::int64_t{1};
    recording_->add({.client = client,
                     .turn = {.session_id = std::string(between(body, R"("session_id":")", '"')),
                              .turn_id = fmt::format("01a20000-0000-7000-8000-{:012x}", ++turns_),
                              .timestamp_us = last_us_,
                              .seq = {},
                              .user_id = "1",
                              .question = std::string(question),
                              .answer = fmt::format("Echo: {}", question),
                              .model = "echo"}});
  }

  void answer(const Waiting& waiting) {
    const chatsync::Turn& turn = waiting.turn;
    const std::string body = fmt::format(
        R"({{"session_id":"{}","turn_id":"{}","question_count":{},"answer":"{}","created_at":"{}","durability":"cached"}})",
        turn.session_id, turn.turn_id, *turn.seq, turn.answer, turn.timestamp_us);
    reply_.clear();
    fmt::format_to(
        std::back_inserter(reply_),
        "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: {}\r\n\r\n{}",
        body.size(), body);
    // A client that has hung up needs no answer.
    static_cast<void>(::send(waiting.client, reply_.data(), reply_.size(), MSG_NOSIGNAL));
  }

  int redis_;
  int epoll_;
  int listener_ = -1;
  std::unique_ptr<yardstick::Recording> recording_;
  std::int64_t now_us_ = 0;
  std::int64_t last_us_ = 0;
  std::uint64_t turns_ = 0;
  std::string reply_;
  char buffer_[256 * 1024];
};

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  CLI::App app{"POST /chat over Redis with nothing but the work itself: a yardstick for chatsync."};
  app.add_option("--redis-socket", options.redis_socket, "The Unix socket of Redis")->required();
  app.add_option("--port", options.port, "Where to listen, at 127.0.0.1; 0: any")->capture_default_str();
  app.add_option("--mode", options.mode, "commands (MULTI … EXEC each), or transactions as chatsync's")
      ->check(CLI::IsMember({"commands", "transactions"}))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  // Nothing is worth an orderly end.
  std::signal(SIGTERM, [](int) { std::_Exit(0); });
  static BareChat chat(options);
  chat.run();
} catch (const std::exception& failure) {
  yardstick::give_up(failure.what());
}
