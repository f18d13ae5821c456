// A poll loop over non-blocking sockets. Each connection is two directions; a direction is a queue of what
// was read on one side and is due on the other. The mode decides only what may leave a queue, and when:
// reading goes on up to a limit whatever the mode, so that nobody mistakes a slow network for a full one.
#include "support/fault_proxy.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/proxy_sockets.hpp"

namespace chatsync::test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostBuffered = std::size_t{1} << 20;

enum class Mode { pass, refuse, cut, delay, slice, hold, hold_replies };

struct Piece {
  std::string bytes;
  Clock::time_point due;
};

struct Direction {
  int from = -1;
  int to = -1;
  std::deque<Piece> queue{};
  std::size_t buffered = 0;
  bool ended = false;      // Nothing more comes from `from`.
  bool passed_on = false;  // And `to` was told so.
};

struct Connection {
  explicit Connection(int client, int server)
      : requests{.from = client, .to = server}, replies{.from = server, .to = client} {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    ::close(requests.from);
    ::close(replies.from);
  }

  Direction requests;
  Direction replies;
  bool cut_at_reply = false;
  bool broken = false;
};

}  // namespace

class FaultProxy::Loop {
 public:
  explicit Loop(std::uint16_t target_port)
      : target_port_(target_port), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    listener_ = listen_on(0);
    port_ = port_of(listener_);
    thread_ = std::jthread([this] { run(); });
  }

  ~Loop() {
    order([this] { end_ = true; });
    thread_.join();
    connections_.clear();
    if (listener_ >= 0) ::close(listener_);
    ::close(wake_);
  }

  std::uint16_t port() const { return port_; }
  std::size_t requests() const { return requests_.load(); }
  std::size_t cuts() const { return cuts_.load(); }

  void set(Mode mode, std::chrono::milliseconds delay = {}, std::size_t number = 0) {
    order([=, this] {
      mode_ = mode;
      delay_ = delay;
      number_ = mode == Mode::cut ? requests_.load() + number : number;
    });
  }

  void sever() {
    order([this] {
      cuts_ += connections_.size();
      for (const Connection& connection : connections_) reset_at_close(connection.requests.from);
      connections_.clear();
    });
  }

 private:
  // Runs `change` on the loop's thread, so that no descriptor is closed under its poll, and waits for it.
  template <class Change>
  void order(Change change) {
    std::unique_lock lock(mutex_);
    taken_.wait(lock, [this] { return !change_; });
    change_ = change;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
    taken_.wait(lock, [this] { return !change_; });
  }

  void take_order() {
    const std::scoped_lock lock(mutex_);
    if (!change_) return;
    std::exchange(change_, nullptr)();
    if (mode_ == Mode::refuse && listener_ >= 0) ::close(std::exchange(listener_, -1));
    if (mode_ != Mode::refuse && listener_ < 0) listener_ = listen_on(port_);
    taken_.notify_all();
  }

  void run() {
    while (!end_) {
      wait();
      std::uint64_t ignored = 0;
      [[maybe_unused]] const auto woken = ::read(wake_, &ignored, sizeof ignored);
      take_order();
      accept_all();
      for (Connection& connection : connections_) serve(connection);
      connections_.remove_if([](const Connection& connection) {
        return connection.broken || (connection.requests.passed_on && connection.replies.passed_on);
      });
    }
  }

  void wait() {
    std::vector<pollfd> polled{{.fd = wake_, .events = POLLIN, .revents = 0},
                               {.fd = listener_, .events = POLLIN, .revents = 0}};
    std::optional<Clock::time_point> next;
    for (const Connection& connection : connections_) {
      for (const Direction* direction : {&connection.requests, &connection.replies}) {
        if (!direction->ended && direction->buffered < kMostBuffered)
          polled.push_back({.fd = direction->from, .events = POLLIN, .revents = 0});
        if (direction->queue.empty() || is_held(*direction, connection)) continue;
        const Clock::time_point due = direction->queue.front().due;
        if (due <= Clock::now()) {
          polled.push_back({.fd = direction->to, .events = POLLOUT, .revents = 0});
        } else if (!next || due < *next) {
          next = due;
        }
      }
    }
    const auto left = [&] {
      return std::chrono::ceil<std::chrono::milliseconds>(*next - Clock::now()).count();
    };
    ::poll(polled.data(), polled.size(), next ? static_cast<int>(std::max<std::int64_t>(left(), 0)) : -1);
  }

  bool is_held(const Direction& direction, const Connection& connection) const {
    return mode_ == Mode::hold || (mode_ == Mode::hold_replies && &direction == &connection.replies);
  }

  void accept_all() {
    while (listener_ >= 0) {
      const int client = accept_from(listener_);
      if (client < 0) return;
      connections_.emplace_back(client, connect_to(target_port_));
    }
  }

  void serve(Connection& connection) {
    while (read_some(connection, connection.requests)) count_request(connection);
    while (read_some(connection, connection.replies)) {
      if (!connection.cut_at_reply) continue;
      ++cuts_;
      connection.broken = true;
      reset_at_close(connection.requests.from);
      return;
    }
    write_due(connection, connection.requests);
    write_due(connection, connection.replies);
  }

  void count_request(Connection& connection) {
    if (++requests_ != number_ || mode_ != Mode::cut) return;
    connection.cut_at_reply = true;
    mode_ = Mode::pass;
  }

  // Whether there was anything to read.
  bool read_some(Connection& connection, Direction& direction) const {
    if (direction.ended || direction.buffered >= kMostBuffered) return false;
    std::array<char, 65536> chunk;
    const auto got = ::recv(direction.from, chunk.data(), chunk.size(), 0);
    if (got > 0) {
      const auto size = static_cast<std::size_t>(got);
      direction.queue.push_back({.bytes = std::string(chunk.data(), size), .due = Clock::now() + delay_});
      direction.buffered += size;
      return true;
    }
    if (got == 0) direction.ended = true;
    if (got < 0 && !is_transient(errno)) connection.broken = true;
    return false;
  }

  void write_due(Connection& connection, Direction& direction) {
    while (!direction.queue.empty() && !is_held(direction, connection) &&
           direction.queue.front().due <= Clock::now()) {
      Piece& piece = direction.queue.front();
      std::size_t size = piece.bytes.size();
      if (mode_ == Mode::slice) size = std::min(size, 1 + random_() % number_);
      const auto sent = ::send(direction.to, piece.bytes.data(), size, MSG_NOSIGNAL);
      if (sent < 0) {
        if (!is_transient(errno)) connection.broken = true;
        return;
      }
      direction.buffered -= static_cast<std::size_t>(sent);
      piece.bytes.erase(0, static_cast<std::size_t>(sent));
      if (piece.bytes.empty()) direction.queue.pop_front();
      if (mode_ == Mode::slice) return;  // The rest in a later turn of the loop, as a packet of its own.
    }
    if (direction.ended && direction.queue.empty() && !std::exchange(direction.passed_on, true))
      ::shutdown(direction.to, SHUT_WR);
  }

  const std::uint16_t target_port_;
  const int wake_;
  int listener_ = -1;
  std::uint16_t port_ = 0;

  // Of the loop's thread.
  Mode mode_ = Mode::pass;
  std::chrono::milliseconds delay_{0};
  std::size_t number_ = 0;  // The request to cut at, or the longest slice.
  bool end_ = false;
  std::list<Connection> connections_;
  std::minstd_rand random_;

  std::atomic<std::size_t> requests_{0};
  std::atomic<std::size_t> cuts_{0};

  std::mutex mutex_;
  std::condition_variable taken_;
  std::function<void()> change_;  // Guarded by mutex_.
  std::jthread thread_;
};

FaultProxy::FaultProxy(std::uint16_t target_port)
    : loop_(std::make_unique<Loop>(target_port)), port_(loop_->port()) {}
FaultProxy::~FaultProxy() = default;

void FaultProxy::pass() { loop_->set(Mode::pass); }
void FaultProxy::refuse() { loop_->set(Mode::refuse); }
void FaultProxy::cut_before_reply(std::size_t number) { loop_->set(Mode::cut, {}, number); }
void FaultProxy::delay(std::chrono::milliseconds by) { loop_->set(Mode::delay, by); }
void FaultProxy::slice(std::size_t longest) { loop_->set(Mode::slice, {}, longest); }
void FaultProxy::hold() { loop_->set(Mode::hold); }
void FaultProxy::hold_replies() { loop_->set(Mode::hold_replies); }
void FaultProxy::sever() { loop_->sever(); }
std::size_t FaultProxy::requests() const { return loop_->requests(); }
std::size_t FaultProxy::cuts() const { return loop_->cuts(); }

}  // namespace chatsync::test
