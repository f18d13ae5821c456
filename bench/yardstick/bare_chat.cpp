// The machine's limit for POST /chat over Redis, to hold chatsync's figures against: one thread, one epoll
// loop, one connection to Redis. Whatever arrives in one turn of the loop goes to Redis in one write: each
// turn as MULTI … EXEC of the documented commands, or all of them as one call of chatsync's own script, which
// is told the counts that the last calls returned.
//
// It is no product: it trusts each request to be what chat_load sends and each reply of Redis to be a
// success, expects every request to come in one piece, numbers nothing but the session, checks no time stamp,
// and ends at the first trouble. Replies of Redis are read by their lines: those to MULTI … EXEC are fixed in
// number, those of the script have one element for each turn.
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
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <exception>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include "redis/scripts.hpp"

namespace {

struct Options {
  std::string redis_socket;
  std::uint16_t port = 0;
  std::string mode = "commands";
  std::string script;
};

struct Waiting {
  int client = -1;
  std::string session;
  std::string answer;
  std::int64_t timestamp_us = 0;
};

[[noreturn]] void give_up(const std::string& why) {
  fmt::print(stderr, "bare_chat: {}: {}\n", why, std::generic_category().message(errno));
  std::_Exit(2);
}

void send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) give_up("send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

int connect_to_redis(const std::string& path) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) give_up("socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) give_up(path);
  return socket;
}

int listen_on(std::uint16_t& port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) give_up("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  socklen_t size = sizeof address;
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), size) != 0) give_up("bind");
  if (::listen(socket, 1'024) != 0) give_up("listen");
  getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  return socket;
}

std::string_view between(std::string_view text, std::string_view before, char end) {
  const std::size_t begin = text.find(before) + before.size();
  return text.substr(begin, text.find(end, begin) - begin);
}

void append_word(std::string& out, std::string_view word) {
  fmt::format_to(std::back_inserter(out), "${}\r\n{}\r\n", word.size(), word);
}

void append_words(std::string& out, std::initializer_list<std::string_view> words) {
  fmt::format_to(std::back_inserter(out), "*{}\r\n", words.size());
  for (const std::string_view word : words) append_word(out, word);
}

class BareChat {
 public:
  explicit BareChat(const Options& options)
      : redis_(connect_to_redis(options.redis_socket)),
        epoll_(epoll_create1(EPOLL_CLOEXEC)),
        by_script_(options.mode == "script") {
    std::uint16_t port = options.port;
    listener_ = listen_on(port);
    watch(listener_);
    watch(redis_);
    if (by_script_) load_script(options.script);
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
          read_redis();
        } else {
          read_client(ready);
        }
      }
      if (by_script_) call_script();
      send_all(redis_, to_redis_);
      to_redis_.clear();
    }
  }

 private:
  void watch(int socket) const {
    epoll_event event{.events = EPOLLIN, .data = {.fd = socket}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event);
  }

  /// That of chatsync, or what is in the file.
  void load_script(const std::string& path) {
    std::string text(chatsync::redis::scripts().record.text);
    if (!path.empty()) {
      std::ifstream file(path);
      text.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    std::string out;
    append_words(out, {"SCRIPT", "LOAD", text});
    send_all(redis_, out);
    const ssize_t size = ::recv(redis_, buffer_, sizeof buffer_, 0);
    if (size != 47) give_up("SCRIPT LOAD " + path);
    sha_.assign(buffer_ + 5, 40);
  }

  void take_client() const {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) give_up("accept");
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
    record(client, between(body, R"("session_id":")", '"'), between(body, R"("message":")", '"'));
  }

  void record(int client, std::string_view session, std::string_view question) {
    Waiting& turn = waiting_.emplace_back();
    turn.client = client;
    turn.session = session;
    turn.answer = fmt::format("Echo: {}", question);
    turn.timestamp_us = last_us_ = std::max(now_us_, last_us_ + 2) & ~std::int64_t{1};
    const std::string prefix = fmt::format("session:{}:", session);
    const std::string timestamp = std::to_string(turn.timestamp_us);
    const std::string turn_id = fmt::format("01a20000-0000-7000-8000-{:012x}", ++turns_);
    const std::string tail = fmt::format(
        R"("turn_id":"{}","user_id":"1","question":"{}","answer":"{}","status":"complete","model":"echo"}})",
        turn_id, question, turn.answer);
    if (by_script_) return add_to_call(turn, prefix, timestamp, turn_id, question, tail);
    const std::string message = prefix + "msg:" + timestamp;
    append_words(to_redis_, {"MULTI"});
    append_words(to_redis_, {"INCR", prefix + "count"});
    append_words(to_redis_,
                 {"HSET", message, "turn_id", turn_id, "user_id", "1", "question", question, "answer",
                  turn.answer, "status", "complete", "model", "echo", "created_at", timestamp});
    append_words(to_redis_, {"SADD", prefix + "pending_msgs", message});
    append_words(to_redis_, {"RPUSH", prefix + "history", R"({"created_at":)" + timestamp + ',' + tail});
    append_words(to_redis_, {"LTRIM", prefix + "history", "-10", "-1"});
    append_words(to_redis_, {"ZADD", "sync:dirty", "NX", timestamp, session});
    append_words(to_redis_, {"EXEC"});
  }

  /// The 4 keys and 12 arguments that record.lua wants of a turn.
  void add_to_call(const Waiting& turn, const std::string& prefix, const std::string& timestamp,
                   const std::string& turn_id, std::string_view question, const std::string& tail) {
    const std::int64_t before = std::exchange(counts_[turn.session], 0);
    const std::int64_t count = before == 0 ? 0 : before + 1;
    for (const char* key : {"count", "history", "pending_msgs", "meta"}) keys_.push_back(prefix + key);
    const std::string entry = fmt::format(R"({{"seq":{},"created_at":{},{})", count, timestamp, tail);
    arguments_.insert(arguments_.end(), {before == 0 ? "new" : std::to_string(before), std::to_string(count),
                                         timestamp, prefix + "msg:" + timestamp, turn.session, turn_id, "1",
                                         std::string(question), turn.answer, "complete", "echo", entry});
  }

  void call_script() {
    if (keys_.empty()) return;
    fmt::format_to(std::back_inserter(to_redis_), "*{}\r\n", 5 + keys_.size() + arguments_.size());
    for (const std::string_view word : {std::string_view("EVALSHA"), std::string_view(sha_)})
      append_word(to_redis_, word);
    append_word(to_redis_, std::to_string(1 + keys_.size()));
    append_word(to_redis_, "sync:dirty");
    for (const std::string& key : keys_) append_word(to_redis_, key);
    append_word(to_redis_, "sync:new:");
    for (const std::string& argument : arguments_) append_word(to_redis_, argument);
    keys_.clear();
    arguments_.clear();
  }

  void read_redis() {
    const ssize_t size = ::recv(redis_, buffer_, sizeof buffer_, 0);
    if (size <= 0) give_up("Redis");
    std::string_view bytes(buffer_, static_cast<std::size_t>(size));
    for (std::size_t end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
      line_ += bytes.substr(0, end);
      bytes.remove_prefix(end + 1);
      if (line_.starts_with('-')) give_up(line_);
      if (by_script_) {
        take_script_line();
      } else {
        take_command_line();
      }
      line_.clear();
    }
    line_ += bytes;
  }

  /// MULTI … EXEC of a turn is answered with 14 lines, of which the ninth has the count.
  void take_command_line() {
    if (lines_ == 8) count_ = number_in_line();
    if (++lines_ < 14) return;
    lines_ = 0;
    answer_next();
  }

  /// A call is answered with an array of counts, or of pairs of count and time stamp.
  void take_script_line() {
    if (elements_ == 0) {
      elements_ = number_in_line();
      if (!line_.starts_with('*') || elements_ < 1)
        give_up("the script does not tell of each turn: " + line_);
      return;
    }
    if (line_.starts_with('*')) {
      lines_ = 2;
      return;
    }
    if (lines_ != 1) count_ = number_in_line();
    if (lines_ > 0) --lines_;
    if (lines_ > 0) return;
    --elements_;
    counts_[waiting_.front().session] = count_;
    answer_next();
  }

  std::int64_t number_in_line() const {
    std::int64_t number = 0;
    std::from_chars(line_.data() + 1, line_.data() + line_.size(), number);
    return number;
  }

  void answer_next() {
    answer(waiting_.front());
    waiting_.pop_front();
  }

  void answer(const Waiting& turn) {
    const std::string body = fmt::format(
        R"({{"session_id":"{}","turn_id":"01a20000-0000-7000-8000-000000000000","question_count":{},"answer":"{}","created_at":"{}","durability":"cached"}})",
        turn.session, count_, turn.answer, turn.timestamp_us);
    reply_.clear();
    fmt::format_to(
        std::back_inserter(reply_),
        "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: {}\r\n\r\n{}",
        body.size(), body);
    // A client that has hung up needs no answer.
    static_cast<void>(::send(turn.client, reply_.data(), reply_.size(), MSG_NOSIGNAL));
  }

  int redis_;
  int epoll_;
  int listener_ = -1;
  bool by_script_;
  int lines_ = 0;
  std::int64_t elements_ = 0;
  std::int64_t count_ = 0;
  std::int64_t now_us_ = 0;
  std::int64_t last_us_ = 0;
  std::uint64_t turns_ = 0;
  std::string sha_;
  std::vector<std::string> keys_;
  std::vector<std::string> arguments_;
  std::unordered_map<std::string, std::int64_t> counts_;
  std::string line_;
  std::string reply_;
  std::string to_redis_;
  std::deque<Waiting> waiting_;
  char buffer_[256 * 1024];
};

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  CLI::App app{"POST /chat over Redis with nothing but the work itself: a yardstick for chatsync."};
  app.add_option("--redis-socket", options.redis_socket, "The Unix socket of Redis")->required();
  app.add_option("--port", options.port, "Where to listen, at 127.0.0.1; 0: any")->capture_default_str();
  app.add_option("--mode", options.mode, "commands (MULTI … EXEC) or script")
      ->check(CLI::IsMember({"commands", "script"}))
      ->capture_default_str();
  app.add_option("--script", options.script, "Of --mode script: a file with another one than chatsync's")
      ->check(CLI::ExistingFile);
  CLI11_PARSE(app, argc, argv);
  // Nothing is worth an orderly end.
  std::signal(SIGTERM, [](int) { std::_Exit(0); });
  static BareChat chat(options);
  chat.run();
} catch (const std::exception& failure) {
  give_up(failure.what());
}
