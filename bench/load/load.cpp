#include "load/load.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>
#include <utility>

#include "load/client_socket.hpp"

namespace chatsync::bench {
namespace {

constexpr std::chrono::seconds kSilence{10};

std::chrono::steady_clock::duration span(double seconds) {
  return std::chrono::duration_cast<std::chrono::steady_clock::duration>(
      std::chrono::duration<double>(seconds));
}

}  // namespace

Load::Load(LoadOptions options)
    : options_(std::move(options)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      connections_(static_cast<std::size_t>(options_.connections)),
      question_(static_cast<std::size_t>(options_.question_bytes), 'q'),
      pick_session_(0, options_.sessions - 1) {}

LoadResult Load::run() {
  begin_ = last_reply_ = Clock::now();
  if (options_.requests > 0) begin_measuring(begin_);
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    connections_[i].socket = connect_to(options_.host, options_.port);
    epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, connections_[i].socket, &event);
    go_on(connections_[i], begin_);
  }
  std::vector<epoll_event> events(connections_.size());
  auto now = Clock::now();
  for (; !is_over(now); now = Clock::now()) {
    if (!measuring_) warm_up(now);
    if (now > last_reply_ + kSilence) give_up("the server has stopped answering");
    while (!parked_.empty() && milliseconds_to_next(now) == 0) {
      Connection& next = *parked_.front();
      parked_.pop_front();
      go_on(next, now);
    }
    const int count =
        epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), milliseconds_to_next(now));
    for (int i = 0; i < count; ++i) read_reply(connections_[events[static_cast<std::size_t>(i)].data.u64]);
  }
  end_measuring(now);
  return std::move(result_);
}

// A session's first turn costs more than the others: a server that can have forgotten it must look for it in
// its store. So every session has had one before the others are measured.
void Load::warm_up(Clock::time_point now) {
  if (!warm_) {
    if (answered_ < options_.sessions) return;
    warm_ = true;
    measure_from_ = now + span(options_.warm_up_seconds);
    result_.first_per_second =
        static_cast<double>(answered_) / std::chrono::duration<double>(now - begin_).count();
  }
  if (now >= measure_from_) begin_measuring(now);
}

void Load::begin_measuring(Clock::time_point now) {
  measuring_ = true;
  measure_from_ = now;
  for (const pid_t process : options_.watched) result_.watched.push_back(process_use(process));
}

void Load::end_measuring(Clock::time_point now) {
  result_.seconds = std::chrono::duration<double>(now - measure_from_).count();
  for (std::size_t i = 0; i < result_.watched.size(); ++i) {
    result_.watched[i] = use_between(result_.watched[i], process_use(options_.watched[i]));
  }
  std::ranges::sort(result_.latencies_us);
}

bool Load::is_over(Clock::time_point now) const {
  if (options_.requests > 0) return answered_ >= options_.requests;
  return measuring_ && now >= measure_from_ + span(options_.seconds);
}

void Load::go_on(Connection& connection, Clock::time_point now) {
  if (options_.requests > 0 && sent_ >= options_.requests) return;
  if (options_.rate > 0 && now < begin_ + span(static_cast<double>(sent_) / options_.rate)) {
    parked_.push_back(&connection);
    return;
  }
  ++sent_;
  write_request(connection);
}

int Load::milliseconds_to_next(Clock::time_point now) const {
  if (parked_.empty()) return 100;
  const auto wait = begin_ + span(static_cast<double>(sent_) / options_.rate) - now;
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
  return static_cast<int>(std::clamp<std::int64_t>(ms, 0, 100));
}

void Load::write_request(Connection& connection) {
  const int session = sent_ <= options_.sessions ? static_cast<int>(sent_) - 1 : pick_session_(random_);
  connection.session.clear();
  fmt::format_to(std::back_inserter(connection.session), "{}{}", options_.session_prefix, session);
  request_.clear();
  if (options_.path.empty()) {
    body_.clear();
    fmt::format_to(std::back_inserter(body_), R"({{"session_id":"{}","message":"{}","durability":"{}"}})",
                   connection.session, question_, options_.durability);
    fmt::format_to(std::back_inserter(request_),
                   "POST /chat HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: "
                   "{}\r\n\r\n{}",
                   body_.size(), body_);
  } else {
    fmt::format_to(std::back_inserter(request_), "GET {} HTTP/1.1\r\nHost: bench\r\n\r\n",
                   fmt::format(fmt::runtime(options_.path), connection.session));
  }
  connection.reply.clear();
  connection.reply_length = 0;
  connection.sent = Clock::now();
  if (::send(connection.socket, request_.data(), request_.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request_.size())) {
    give_up("a request was not taken whole");
  }
}

void Load::read_reply(Connection& connection) {
  std::array<char, 65'536> buffer;
  const ssize_t size = ::recv(connection.socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size <= 0) give_up("the server closed a connection");
  connection.reply.append(buffer.data(), static_cast<std::size_t>(size));
  if (connection.reply_length == 0) connection.reply_length = reply_length(connection.reply);
  if (connection.reply_length == 0 || connection.reply.size() < connection.reply_length) return;
  const auto now = Clock::now();
  const auto names_session = [&] {
    const std::size_t at = connection.reply.find(connection.session);
    return at != std::string::npos && connection.reply[at - 1] == '"' &&
           connection.reply[at + connection.session.size()] == '"';
  };
  if (!connection.reply.starts_with("HTTP/1.1 200") || !names_session()) {
    const std::string& reply = connection.reply;
    give_up(fmt::format("an unexpected reply: {}: {}", reply.substr(0, reply.find('\r')),
                        reply.substr(reply.find("\r\n\r\n") + 4)));
  }
  ++answered_;
  last_reply_ = now;
  if (measuring_) {
    result_.latencies_us.push_back(static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(now - connection.sent).count()));
  }
  go_on(connection, now);
}

}  // namespace chatsync::bench
