#include "redis/connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "redis/connection_impl.hpp"
#include "redis/error_reply.hpp"
#include "redis/scripts.hpp"

namespace chatsync::redis {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kKeptOutputBytes = 1024UL * 1024;   ///< A larger buffer is given back after its write.
constexpr std::chrono::milliseconds kLongestWait{1'000};  ///< Of a request for a lost connection.

std::string name_of(const Settings::Redis& settings) {
  if (!settings.socket.empty()) return fmt::format("redis at {}", settings.socket.string());
  if (!settings.sentinels.empty()) return fmt::format("redis master {}", settings.sentinel_master);
  return fmt::format("redis at {}:{}", settings.host, settings.port);
}

}  // namespace

RedisConnection::Impl::Impl(asio::any_io_executor executor, Settings::Redis settings, const Clock& clock)
    : executor_(std::move(executor)),
      settings_(std::move(settings)),
      name_(name_of(settings_)),
      clock_(clock),
      longest_wait_(std::min(settings_.timeout, kLongestWait)),
      watch_alarm_(clock.make_alarm(executor_)),
      pause_alarm_(clock.make_alarm(executor_)) {
  if (!settings_.sentinels.empty()) sentinels_.emplace(executor_, settings_);
}

std::optional<Error> RedisConnection::Impl::refusal() const {
  if (stopped_) return Error{ErrorKind::unavailable, name_ + ": the connection is stopped", "cache_down", {}};
  if (matcher_.full()) {
    return Error{ErrorKind::overloaded, name_ + ": too many requests wait", "cache_overloaded", {}};
  }
  if (attempted_ && away_since_ && clock_.steady_now() - *away_since_ > longest_wait_) return unavailable();
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

void RedisConnection::Impl::stop() {
  stopped_ = true;
  if (sentinels_) sentinels_->stop();
  drop_link("the connection was stopped");
  watch_alarm_->ring();
  pause_alarm_->ring();
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
    if (!attempted_) return SteadyTime::max();
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

Error RedisConnection::Impl::replaced() const {
  return {ErrorKind::unavailable,
          fmt::format("{} was restarted or replaced while the request waited for it", name_),
          "cache_restarted",
          {}};
}

RedisConnection::RedisConnection(asio::any_io_executor executor, Settings::Redis settings, const Clock& clock)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(settings), clock)) {}

RedisConnection::~RedisConnection() = default;

asio::awaitable<void> RedisConnection::run() { return impl_->run(); }
void RedisConnection::stop() { impl_->stop(); }
asio::any_io_executor RedisConnection::executor() const { return impl_->executor(); }
bool RedisConnection::connected() const { return impl_->connected(); }
std::uint64_t RedisConnection::lineage() const { return impl_->lineage(); }
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

Error RedisConnection::replaced() const { return impl_->replaced(); }

Error RedisConnection::error_of(ReplyView error_reply) const {
  return error_from_reply(impl_->name(), error_reply.text_or(""));
}

CommandEncoder* RedisConnection::open_request() { return impl_->refusal() ? nullptr : &impl_->encoder(); }
void RedisConnection::close_request(ReplyHandler handler) { impl_->add(std::move(handler)); }
void RedisConnection::refuse_request(ReplyHandler handler) { impl_->refuse(std::move(handler)); }

}  // namespace chatsync::redis
