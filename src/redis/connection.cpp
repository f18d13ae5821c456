// The life of a connection. run() is the only one who replaces the link: it connects, shakes hands, reads
// until the link ends for whatever reason, and begins again. Everybody else who finds fault (the watch over
// the oldest request, a failed write, a demoted master, stop()) closes the link with the cause, and run()
// draws the consequences: requests that were sent fail with `outcome_unknown`, unsent ones stay for the next
// link.
//
// Writing: a request marks the connection as having output and posts one flush, so that the requests of all
// coroutines that are ready in this turn of the event loop leave together; while a write is under way, what
// is added goes with the next. Reading answers the waiting coroutines from within feed(), and what they ask
// for in turn is flushed right after.
#include "redis/connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <limits>
#include <random>

#include "base/log.hpp"
#include "base/task_group.hpp"
#include "redis/backoff.hpp"
#include "redis/error_reply.hpp"
#include "redis/link.hpp"
#include "redis/scripts.hpp"

namespace chatsync::redis {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::size_t kKeptOutputBytes = 1024 * 1024;  ///< A larger buffer is given back after its write.
constexpr milliseconds kLongestWait{1'000};            ///< Of a request for a lost connection.

std::string name_of(const Settings::Redis& settings) {
  if (!settings.socket.empty()) return fmt::format("redis at {}", settings.socket.string());
  return fmt::format("redis at {}:{}", settings.host, settings.port);
}

}  // namespace

class RedisConnection::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::any_io_executor executor, Settings::Redis settings, const Clock& clock)
      : executor_(std::move(executor)),
        settings_(std::move(settings)),
        name_(name_of(settings_)),
        clock_(clock),
        longest_wait_(std::min(settings_.timeout, kLongestWait)),
        watch_alarm_(clock.make_alarm(executor_)),
        pause_alarm_(clock.make_alarm(executor_)) {}

  asio::awaitable<void> run();
  void stop();

  bool connected() const { return connected_; }
  const std::string& name() const { return name_; }

  /// Why a request cannot be taken; nothing if it can.
  std::optional<Error> refusal() const;
  CommandEncoder& encoder() { return matcher_.encoder(); }
  void add(ReplyHandler handler);
  void refuse(ReplyHandler handler);

 private:
  AsyncResult<void> connect();
  AsyncResult<void> shake_hands();
  AsyncResult<Reply> read_reply(ReplyReader* reader);
  asio::awaitable<Error> read_until_lost();
  asio::awaitable<void> watch();
  SteadyTime expire(SteadyTime now);

  void flush();
  void write();
  void drop_link(std::string cause);
  Error unavailable() const;
  void note_away(bool was_connected, const Error& cause);
  void note_connected();

  const asio::any_io_executor executor_;
  const Settings::Redis settings_;
  const std::string name_;
  const Clock& clock_;
  const milliseconds longest_wait_;

  ReplyMatcher matcher_;
  std::shared_ptr<Link> link_;
  bool connected_ = false;  ///< Requests may be sent.
  bool writing_ = false;
  bool flush_posted_ = false;
  bool feeding_ = false;  ///< A flush follows anyway.
  bool stopped_ = false;

  std::unique_ptr<Alarm> watch_alarm_;
  std::unique_ptr<Alarm> pause_alarm_;
  SteadyTime watching_until_ = SteadyTime::max();

  std::string drop_cause_;  ///< Why we closed the link ourselves; empty if it ended by itself.
  std::string cause_ = "not yet connected";
  bool reported_away_ = false;
  std::optional<SteadyTime> away_since_;  ///< Absent while connected.
};

std::optional<Error> RedisConnection::Impl::refusal() const {
  if (stopped_) return Error{ErrorKind::unavailable, name_ + ": the connection is stopped", "cache_down", {}};
  if (matcher_.full()) {
    return Error{ErrorKind::overloaded, name_ + ": too many requests wait", "cache_overloaded", {}};
  }
  if (away_since_ && clock_.steady_now() - *away_since_ > longest_wait_) return unavailable();
  return std::nullopt;
}

void RedisConnection::Impl::add(ReplyHandler handler) {
  matcher_.add(clock_.steady_now(), std::move(handler));
  if (watching_until_ == SteadyTime::max()) {
    watching_until_ = {};  // Once is enough, however many requests come before the watch wakes up.
    watch_alarm_->ring();
  }
  if (!connected_ || writing_ || flush_posted_ || feeding_) return;
  flush_posted_ = true;
  asio::post(executor_, [self = shared_from_this()] {
    self->flush_posted_ = false;
    self->flush();
  });
}

// Posted, because a handler must not be called before its coroutine is suspended.
void RedisConnection::Impl::refuse(ReplyHandler handler) {
  asio::post(executor_, [handler = std::move(handler), error = *refusal()]() mutable {
    handler(std::unexpected(std::move(error)));
  });
}

void RedisConnection::Impl::flush() {
  // What is unsent stays so for the next link once the server said that it is no master any more.
  if (!connected_ || writing_ || !matcher_.has_output() || matcher_.demoted()) return;
  matcher_.take_output(link_->outgoing);
  write();
}

void RedisConnection::Impl::write() {
  writing_ = true;
  link_->write([self = shared_from_this(), link = link_](Result<void> sent) {
    if (link != self->link_) return;
    self->writing_ = false;
    if (link->outgoing.capacity() > kKeptOutputBytes) std::string().swap(link->outgoing);
    if (!sent) return self->drop_link(sent.error().message);
    self->flush();
  });
}

void RedisConnection::Impl::drop_link(std::string cause) {
  if (!link_ || !drop_cause_.empty()) return;
  drop_cause_ = std::move(cause);
  link_->close();
}

asio::awaitable<void> RedisConnection::Impl::run() {
  TaskGroup tasks(executor_);
  tasks.spawn("redis watch", watch());
  std::minstd_rand random(std::random_device{}());
  unsigned failures = 0;
  away_since_ = clock_.steady_now();
  while (!stopped_) {
    Result<void> up = co_await connect();
    Error cause;
    if (up) {
      const SteadyTime since = clock_.steady_now();
      note_connected();
      flush();
      cause = co_await read_until_lost();
      away_since_ = clock_.steady_now();
      // A server that drops every connection at once is not asked in a tight loop.
      if (*away_since_ - since > longest_wait_) failures = 0;
    } else {
      cause = std::move(up).error();
    }
    connected_ = false;
    writing_ = false;
    link_->close();
    link_.reset();
    if (!stopped_) note_away(up.has_value(), cause);
    matcher_.drop_sent({ErrorKind::outcome_unknown,
                        fmt::format("{}: {} before the reply came", name_, cause.message),
                        "cache_lost",
                        {}});
    if (stopped_) break;
    const auto delay = reconnect_delay(failures++, static_cast<std::uint32_t>(random()));
    watch_alarm_->ring();
    co_await pause_alarm_->wait_until(clock_.steady_now() + delay);
  }
  matcher_.drop_unsent(SteadyTime::max(), *refusal());
  co_await tasks.join();
}

void RedisConnection::Impl::stop() {
  stopped_ = true;
  drop_link("the connection was stopped");
  watch_alarm_->ring();
  pause_alarm_->ring();
}

AsyncResult<void> RedisConnection::Impl::connect() {
  link_ = make_link(executor_, settings_);
  drop_cause_.clear();
  asio::steady_timer limit(executor_, settings_.timeout);
  limit.async_wait([weak = weak_from_this(), link = link_](const boost::system::error_code& cancelled) {
    const auto self = weak.lock();
    if (cancelled || !self || self->link_ != link || self->connected_) return;
    self->drop_link(
        fmt::format("no answer to the attempt to connect within {} ms", self->settings_.timeout.count()));
  });
  Result<void> up = co_await link_->connect();
  if (up) up = co_await shake_hands();
  if (!drop_cause_.empty()) up = fail(ErrorKind::unavailable, drop_cause_);
  if (up) connected_ = true;
  co_return up;
}

AsyncResult<void> RedisConnection::Impl::shake_hands() {
  link_->outgoing.clear();
  CommandEncoder out(link_->outgoing);
  if (!settings_.password.empty()) {
    if (settings_.username.empty()) {
      out.command({"AUTH", settings_.password});
    } else {
      out.command({"AUTH", settings_.username, settings_.password});
    }
  }
  if (settings_.database != 0) out.command({"SELECT", std::to_string(settings_.database)});
  const std::size_t required = out.commands();
  out.command({"CLIENT", "SETNAME", "chatsync"});
  out.command({"ROLE"});
  const std::size_t optional = out.commands();
  scripts().for_each([&out](const Script& script) { out.command({"SCRIPT", "LOAD", script.text}); });
  const std::size_t all = out.commands();
  write();

  ReplyReader reader;
  for (std::size_t index = 0; index < all; ++index) {
    Result<Reply> reply = co_await read_reply(&reader);
    if (!reply) co_return failure_of(std::move(reply));
    const bool may_fail = index >= required && index < optional;
    if (reply->view().is_error() && !may_fail) {
      co_return std::unexpected(error_from_reply("", reply->view().text_or("")));
    }
    // A replica would refuse every write; the name may lead to the new master at the next attempt.
    if ((*reply)[0].text_or("") == "slave")
      co_return fail(ErrorKind::unavailable, "it is a replica, not the master");
  }
  co_return Result<void>();
}

AsyncResult<Reply> RedisConnection::Impl::read_reply(ReplyReader* reader) {
  std::array<char, 4096> bytes;
  for (;;) {
    if (std::optional<Reply> reply = reader->next()) co_return std::move(*reply);
    if (!reader->broken().empty()) {
      co_return fail(ErrorKind::unavailable, fmt::format("it does not speak Redis ({})", reader->broken()));
    }
    Result<std::size_t> got = co_await link_->read_some(asio::buffer(bytes));
    if (!got) co_return failure_of(std::move(got));
    reader->feed({bytes.data(), *got});
  }
}

asio::awaitable<Error> RedisConnection::Impl::read_until_lost() {
  std::vector<char> bytes(kReadBytes);
  for (;;) {
    Result<std::size_t> got = co_await link_->read_some(asio::buffer(bytes));
    if (got) {
      feeding_ = true;
      Result<void> fed = matcher_.feed({bytes.data(), *got});
      feeding_ = false;
      if (!fed) drop_link(fed.error().message);
      // Those in flight still get their answers from a demoted master.
      if (matcher_.demoted() && matcher_.sent() == 0) drop_link("it became a replica");
      flush();
    }
    if (!drop_cause_.empty()) co_return Error{ErrorKind::unavailable, drop_cause_, {}, {}};
    if (!got) co_return std::move(got).error();
  }
}

asio::awaitable<void> RedisConnection::Impl::watch() {
  while (!stopped_) {
    watching_until_ = expire(clock_.steady_now());
    co_await watch_alarm_->wait_until(watching_until_);
  }
}

/// Fails what has waited too long, and returns when to look again.
SteadyTime RedisConnection::Impl::expire(SteadyTime now) {
  if (!connected_) {
    matcher_.drop_unsent(now - longest_wait_, unavailable());
    const auto oldest = matcher_.oldest_unsent();
    return oldest ? *oldest + longest_wait_ : SteadyTime::max();
  }
  const auto sent = matcher_.oldest_sent();
  const auto oldest = sent ? sent : matcher_.oldest_unsent();
  if (!oldest) return SteadyTime::max();
  if (now < *oldest + settings_.timeout) return *oldest + settings_.timeout;
  drop_link(fmt::format("no reply within {} ms", settings_.timeout.count()));
  return now + settings_.timeout;
}

Error RedisConnection::Impl::unavailable() const {
  return {ErrorKind::unavailable, fmt::format("{} is unreachable: {}", name_, cause_), "cache_down", {}};
}

void RedisConnection::Impl::note_away(bool was_connected, const Error& cause) {
  cause_ = cause.message;
  if (std::exchange(reported_away_, true)) return;
  log_warning("{}: {}: {}; trying again", name_, was_connected ? "connection lost" : "cannot connect",
              cause_);
}

void RedisConnection::Impl::note_connected() {
  if (std::exchange(reported_away_, false)) log_info("{}: connected again", name_);
  cause_.clear();
  away_since_.reset();
}

RedisConnection::RedisConnection(asio::any_io_executor executor, Settings::Redis settings, const Clock& clock)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(settings), clock)) {}

RedisConnection::~RedisConnection() = default;

asio::awaitable<void> RedisConnection::run() { return impl_->run(); }
void RedisConnection::stop() { impl_->stop(); }
bool RedisConnection::connected() const { return impl_->connected(); }
const std::string& RedisConnection::name() const { return impl_->name(); }

AsyncResult<void> RedisConnection::load_scripts() {
  Result<Replies> replies = co_await execute([](CommandEncoder& out) {
    scripts().for_each([&out](const Script& script) { out.command({"SCRIPT", "LOAD", script.text}); });
  });
  if (!replies) co_return failure_of(std::move(replies));
  for (const Reply& reply : *replies) {
    if (reply.view().is_error()) co_return std::unexpected(error_of(reply.view()));
  }
  co_return Result<void>();
}

bool RedisConnection::is_noscript(ReplyView reply) {
  return reply.is_error() && reply.text_or("").starts_with("NOSCRIPT");
}

Error RedisConnection::error_of(ReplyView error_reply) const {
  return error_from_reply(impl_->name(), error_reply.text_or(""));
}

CommandEncoder* RedisConnection::open_request() { return impl_->refusal() ? nullptr : &impl_->encoder(); }
void RedisConnection::close_request(ReplyHandler handler) { impl_->add(std::move(handler)); }
void RedisConnection::refuse_request(ReplyHandler handler) { impl_->refuse(std::move(handler)); }

}  // namespace chatsync::redis
