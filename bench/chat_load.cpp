// A closed-loop load on POST /chat, as lean as it can be so that it takes little of the machine it shares
// with the server: one thread, one epoll loop, one request under way on each connection. It measures what a
// client sees, from the write of a request to the last byte of its reply, and checks that every reply is a
// 200 of the session asked for.
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string host = "127.0.0.1";
  std::string port = "8080";
  int connections = 64;
  double seconds = 10;
  double warm_up_seconds = 1;
  int sessions = 10'000;
  int question_bytes = 80;
  std::string durability = "cached";
};

struct Connection {
  int socket = -1;
  std::string session;
  std::string reply;
  Clock::time_point sent;
};

[[noreturn]] void give_up(const std::string& why) {
  fmt::print(stderr, "chat_load: {}\n", why);
  std::exit(2);
}

int connect_to(const Options& options) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* address = nullptr;
  if (getaddrinfo(options.host.c_str(), options.port.c_str(), &hints, &address) != 0) give_up("unknown host");
  const int socket = ::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(socket, address->ai_addr, address->ai_addrlen) != 0) {
    give_up(fmt::format("nobody listens on {}:{}", options.host, options.port));
  }
  freeaddrinfo(address);
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

/// The length of the whole reply at the front of `text`, 0 while its headers are not complete.
std::size_t reply_length(std::string_view text) {
  const std::size_t headers = text.find("\r\n\r\n");
  if (headers == std::string_view::npos) return 0;
  constexpr std::string_view kName = "Content-Length: ";
  const std::size_t at = text.find(kName);
  if (at == std::string_view::npos || at > headers) give_up("a reply has no Content-Length");
  std::size_t length = 0;
  std::from_chars(text.data() + at + kName.size(), text.data() + headers, length);
  return headers + 4 + length;
}

class Load {
 public:
  explicit Load(Options options)
      : options_(std::move(options)),
        epoll_(epoll_create1(EPOLL_CLOEXEC)),
        connections_(static_cast<std::size_t>(options_.connections)),
        question_(static_cast<std::size_t>(options_.question_bytes), 'q') {}

  void run() {
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      connections_[i].socket = connect_to(options_);
      epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
      epoll_ctl(epoll_, EPOLL_CTL_ADD, connections_[i].socket, &event);
      send_question(connections_[i]);
    }
    const auto begin = Clock::now();
    measure_from_ = begin + std::chrono::duration_cast<Clock::duration>(
                                std::chrono::duration<double>(options_.warm_up_seconds));
    const auto end = measure_from_ + std::chrono::duration_cast<Clock::duration>(
                                         std::chrono::duration<double>(options_.seconds));
    std::vector<epoll_event> events(connections_.size());
    while (Clock::now() < end) {
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 100);
      for (int i = 0; i < count; ++i) read_reply(connections_[events[static_cast<std::size_t>(i)].data.u64]);
    }
  }

  void print_json() {
    std::ranges::sort(latencies_us_);
    const auto percentile = [&](double share) {
      if (latencies_us_.empty()) return 0.0;
      const auto last = static_cast<double>(latencies_us_.size() - 1);
      return static_cast<double>(latencies_us_[static_cast<std::size_t>(share * last)]) / 1000.0;
    };
    fmt::print(
        "{{\"connections\": {}, \"turns\": {}, \"turns_per_second\": {:.0f}, \"p50_ms\": {:.3f}, \"p95_ms\": "
        "{:.3f}, "
        "\"p99_ms\": {:.3f}, \"max_ms\": {:.3f}}}\n",
        options_.connections, latencies_us_.size(),
        static_cast<double>(latencies_us_.size()) / options_.seconds, percentile(0.5), percentile(0.95),
        percentile(0.99), percentile(1));
  }

 private:
  void send_question(Connection& connection) {
    connection.session =
        fmt::format("bench-{}", pick_session_(random_, SessionRange(0, options_.sessions - 1)));
    const std::string body = fmt::format(R"({{"session_id":"{}","message":"{}","durability":"{}"}})",
                                         connection.session, question_, options_.durability);
    const std::string request = fmt::format(
        "POST /chat HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: "
        "{}\r\n\r\n{}",
        body.size(), body);
    connection.reply.clear();
    connection.sent = Clock::now();
    if (::send(connection.socket, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
      give_up("a request was not taken whole");
    }
  }

  void read_reply(Connection& connection) {
    char buffer[16'384];
    const ssize_t size = ::recv(connection.socket, buffer, sizeof buffer, MSG_DONTWAIT);
    if (size <= 0) give_up("the server closed a connection");
    connection.reply.append(buffer, static_cast<std::size_t>(size));
    const std::size_t length = reply_length(connection.reply);
    if (length == 0 || connection.reply.size() < length) return;
    const auto now = Clock::now();
    if (!connection.reply.starts_with("HTTP/1.1 200") ||
        connection.reply.find("\"" + connection.session + "\"") == std::string::npos) {
      give_up("an unexpected reply: " + connection.reply);
    }
    if (now >= measure_from_) {
      latencies_us_.push_back(static_cast<std::uint32_t>(
          std::chrono::duration_cast<std::chrono::microseconds>(now - connection.sent).count()));
    }
    send_question(connection);
  }

  using SessionRange = std::uniform_int_distribution<int>::param_type;

  Options options_;
  int epoll_;
  std::vector<Connection> connections_;
  std::string question_;
  std::mt19937 random_{42};
  std::uniform_int_distribution<int> pick_session_;
  Clock::time_point measure_from_;
  std::vector<std::uint32_t> latencies_us_;
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Closed-loop load on POST /chat of a chatsync server; prints one line of JSON."};
  app.add_option("--host", options.host, "Where the server listens")->capture_default_str();
  app.add_option("--port", options.port, "Its port")->capture_default_str();
  app.add_option("--connections", options.connections, "Requests under way at a time")->capture_default_str();
  app.add_option("--seconds", options.seconds, "How long to measure")->capture_default_str();
  app.add_option("--warm-up", options.warm_up_seconds, "Seconds of load before that")->capture_default_str();
  app.add_option("--sessions", options.sessions, "Sessions to spread the turns over")->capture_default_str();
  app.add_option("--question-bytes", options.question_bytes, "Length of each question")
      ->capture_default_str();
  app.add_option("--durability", options.durability, "cached or synced")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  Load load(options);
  load.run();
  load.print_json();
  return 0;
}
