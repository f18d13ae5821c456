// The life of a connection. run() is the only one who replaces the link: it connects, shakes hands, reads
// until the link ends for whatever reason, and begins again. Everybody else who finds fault (the watch over
// the oldest request, a failed write, a demoted master, stop()) closes the link with the cause, and run()
// draws the consequences: requests that were sent fail with `outcome_unknown`, unsent ones stay for the next
// link, unless that leads to another memory than the last one did.
//
// Writing: a request marks the connection as having output and posts one flush, so that the requests of all
// coroutines that are ready in this turn of the event loop leave together; while a write is under way, what
// is added goes with the next. Reading answers the waiting coroutines from within feed(), and what they ask
// for in turn is flushed right after.
#include <fmt/format.h>

#include <array>
#include <boost/asio/steady_timer.hpp>
#include <random>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "base/task_group.hpp"
#include "redis/append_only_file.hpp"
#include "redis/backoff.hpp"
#include "redis/connection_impl.hpp"
#include "redis/error_reply.hpp"
#include "redis/lineage.hpp"
#include "redis/scripts.hpp"

namespace chatsync::redis {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kReadBytes = 64UL * 1024;

}  // namespace

asio::awaitable<void> RedisConnection::Impl::run() {
  TaskGroup tasks(executor_);
  tasks.spawn("redis watch", watch());
  std::minstd_rand random(std::random_device{}());
  unsigned failures = 0;
  away_since_ = clock_.steady_now();
  while (!stopped_) {
    Result<void> up = co_await connect();
    if (!std::exchange(attempted_, true)) watch_alarm_->ring();
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
    if (link_) link_->close();
    link_.reset();
    if (!stopped_) note_away(cause);
    matcher_.drop_sent({ErrorKind::outcome_unknown,
                        fmt::format("{}: {} before the reply came", name_, cause.message),
                        "outcome_unknown",
                        {}});
    if (stopped_) break;
    const auto delay = reconnect_delay(failures++, static_cast<std::uint32_t>(random()));
    watch_alarm_->ring();
    co_await pause_alarm_->wait_until(clock_.steady_now() + delay);
  }
  matcher_.drop_unsent(SteadyTime::max(), *refusal());
  co_await tasks.join();
}

AsyncResult<void> RedisConnection::Impl::connect() {
  drop_cause_.clear();
  Settings::Redis server = settings_;
  if (sentinels_) {
    Result<ServerAddress> master = co_await sentinels_->find_master();
    if (!master) co_return failure_of(std::move(master));
    server.host = std::move(master->host);
    server.port = master->port;
    name_ =
        fmt::format("redis master {} at {}", settings_.sentinel_master, to_text({server.host, server.port}));
  }
  link_ = make_link(executor_, server);
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
  if (!up && sentinels_) sentinels_->doubt();
  co_return up;
}

AsyncResult<void> RedisConnection::Impl::shake_hands() {
  link_->outgoing.clear();
  CommandEncoder out(link_->outgoing);
  if (!settings_.password.empty() || !settings_.username.empty()) {
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
  const std::size_t info = out.commands();
  out.command({"INFO", "server"});
  out.command({"INFO", "replication"});
  out.command({"INFO", "persistence"});
  const std::size_t optional = out.commands();
  scripts().for_each([&out](const Script& script) { out.command({"SCRIPT", "LOAD", script.text}); });
  // Turns are recorded in transactions, and must not be without: a user who may have none is refused.
  out.command({"MULTI"});
  out.command({"EXEC"});
  const std::size_t all = out.commands();
  write();

  ReplyReader reader;
  std::array<Reply, 3> infos;
  for (std::size_t index = 0; index < all; ++index) {
    Result<Reply> reply = co_await next_reply(link_, &reader);
    if (!reply) co_return failure_of(std::move(reply));
    const bool may_fail = index >= required && index < optional;
    if (reply->view().is_error() && !may_fail) {
      co_return std::unexpected(error_from_reply("", reply->view().text_or("")));
    }
    // A replica would refuse every write; the name may lead to the new master at the next attempt.
    if ((*reply)[0].text_or("") == "slave") {
      co_return fail(ErrorKind::unavailable,
                     "it is a replica: name the master in REDIS_HOST, or the Sentinels in REDIS_SENTINELS");
    }
    if (index >= info && index < optional) infos[index - info] = std::move(*reply);
  }
  const auto text = [](const Reply& reply) {
    return reply.view().is_error() ? std::string_view() : reply.view().text_or("");
  };
  if (may_end_in_half_a_transaction(text(infos[2]))) {
    link_->outgoing.clear();
    out.command({"BGREWRITEAOF"});
    write();
    // A user who may not, or a server that does it already, is none the worse; the doctor tells of the
    // former.
    Result<Reply> begun = co_await next_reply(link_, &reader);
    if (!begun) co_return failure_of(std::move(begun));
  }
  take_lineage(lineage_of(text(infos[0]), text(infos[1])));
  co_return Result<void>();
}

void RedisConnection::Impl::take_lineage(std::uint64_t lineage) {
  const std::uint64_t before = std::exchange(lineage_, lineage);
  if (before == 0 || before == lineage) return;
  matcher_.drop_unsent(SteadyTime::max(), replaced());
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

void RedisConnection::Impl::note_away(const Error& cause) {
  cause_ = cause.message;
  // Whoever opens the connection says why it does not come up; from then on its state is news.
  if (!was_ever_connected_ || std::exchange(reported_away_, true)) return;
  log_warning("{}: connection lost: {}; trying again", name_, cause_);
}

void RedisConnection::Impl::note_connected() {
  if (std::exchange(reported_away_, false)) log_info("{}: connected again", name_);
  was_ever_connected_ = true;
  cause_.clear();
  away_since_.reset();
}

}  // namespace chatsync::redis
