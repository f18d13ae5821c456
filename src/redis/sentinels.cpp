#include "redis/sentinels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "redis/command_encoder.hpp"

namespace chatsync::redis {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds kPatience{1'000};  ///< With one Sentinel, before the next is asked.

std::vector<ServerAddress> servers_of(const Settings::Redis& settings) {
  auto servers = parse_server_list(settings.sentinels, kSentinelPort);
  return servers ? std::move(*servers) : std::vector<ServerAddress>();
}

/// How to reach a Sentinel: user and password of the Redis servers are none of its business.
Settings::Redis settings_for(const Settings::Redis& settings, const ServerAddress& sentinel) {
  Settings::Redis out;
  out.host = sentinel.host;
  out.port = sentinel.port;
  out.tls = settings.tls;
  out.tls_ca = settings.tls_ca;
  return out;
}

}  // namespace

Sentinels::Sentinels(asio::any_io_executor executor, const Settings::Redis& settings)
    : executor_(std::move(executor)),
      settings_(settings),
      servers_(servers_of(settings)),
      patience_(std::min(settings.timeout, kPatience)) {}

AsyncResult<ServerAddress> Sentinels::find_master() {
  std::string answers;
  for (std::size_t tried = 0; tried < servers_.size() && !stopped_; ++tried) {
    const std::size_t index = (first_ + tried) % servers_.size();
    Result<ServerAddress> master = co_await ask(servers_[index]);
    if (master && !stopped_) {
      first_ = index;
      co_return master;
    }
    answers += fmt::format("{}{} ({})", answers.empty() ? "" : ", ", to_text(servers_[index]),
                           master ? "stopped" : master.error().message);
  }
  co_return fail(ErrorKind::unavailable, fmt::format("no Sentinel tells where the master is: {}", answers));
}

void Sentinels::doubt() { first_ = (first_ + 1) % std::max<std::size_t>(servers_.size(), 1); }

void Sentinels::stop() {
  stopped_ = true;
  if (link_) link_->close();
}

AsyncResult<ServerAddress> Sentinels::ask(ServerAddress sentinel) {
  const std::shared_ptr<Link> link = make_link(executor_, settings_for(settings_, sentinel));
  link_ = link;
  const auto late = std::make_shared<bool>(false);
  asio::steady_timer limit(executor_, patience_);
  limit.async_wait([link, late](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    *late = true;
    link->close();
  });

  Result<Reply> reply = co_await exchange(link);
  link->close();
  if (reply) co_return master_from_reply(reply->view(), settings_.sentinel_master);
  if (*late) co_return fail(ErrorKind::unavailable, fmt::format("no answer within {} ms", patience_.count()));
  co_return failure_of(std::move(reply));
}

AsyncResult<Reply> Sentinels::exchange(std::shared_ptr<Link> link) {
  if (Result<void> up = co_await link->connect(); !up) co_return failure_of(std::move(up));
  CommandEncoder out(link->outgoing);
  const bool authenticate = !settings_.sentinel_password.empty();
  if (authenticate) out.command({"AUTH", settings_.sentinel_password});
  out.command({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", settings_.sentinel_master});
  link->write([link](const Result<void>&) {});  // A failed write shows itself to the reader.
  ReplyReader reader;
  Result<Reply> reply = co_await next_reply(link, &reader);
  if (reply && authenticate && !reply->view().is_error()) reply = co_await next_reply(link, &reader);
  co_return reply;
}

Result<ServerAddress> master_from_reply(ReplyView reply, const std::string& master) {
  if (reply.is_error()) {
    const std::string_view text = reply.text_or("");
    const bool foreign = text.find("unknown command") != std::string_view::npos;
    return fail(ErrorKind::unavailable,
                fmt::format("{}: check {}", text.substr(0, text.find_first_of("\r\n")),
                            foreign ? "that REDIS_SENTINELS names Sentinels" : "REDIS_SENTINEL_PASSWORD"));
  }
  const std::int64_t port = reply[1].integer_or(0);
  if (reply.is_nil()) {
    return fail(ErrorKind::unavailable,
                fmt::format("it knows no master '{}': check REDIS_SENTINEL_MASTER", master));
  }
  if (reply[0].text_or("").empty() || port < 1 || port > 65'535) {
    return fail(ErrorKind::unavailable, "its answer is no address");
  }
  return ServerAddress{std::string(reply[0].text_or("")), static_cast<std::uint16_t>(port)};
}

}  // namespace chatsync::redis
