#include "redis/redis_session_locks.hpp"

#include <string_view>
#include <utility>

#include "redis/scripts.hpp"

namespace chatsync::redis {
namespace {

constexpr std::string_view kSignals = "sync:signals";
constexpr std::string_view kPublishedForMs = "60000";

std::string text_key_of(const std::string& turn_id) { return "turn:" + turn_id + ":text"; }

}  // namespace

AsyncResult<bool> RedisSessionLocks::lock(SessionLock lock, std::chrono::milliseconds lease) {
  const std::string key = key_of(lock.session_id);
  const std::string milliseconds = std::to_string(lease.count());
  Result<Reply> reply = co_await connection_.call([&](CommandEncoder& out) {
    out.command({"EVALSHA", scripts().lock.sha1, "1", key, lock.owner, lock.turn_id, milliseconds});
  });
  if (!reply) co_return failure_of(std::move(reply));
  co_return reply->view().integer_or(0) == 1;
}

AsyncResult<LockState> RedisSessionLocks::renew(std::string session_id, std::string owner,
                                                std::chrono::milliseconds lease) {
  const std::string key = key_of(session_id);
  const std::string milliseconds = std::to_string(lease.count());
  Result<Reply> reply = co_await connection_.call([&](CommandEncoder& out) {
    out.command({"EVALSHA", scripts().renew.sha1, "1", key, owner, milliseconds});
  });
  if (!reply) co_return failure_of(std::move(reply));
  co_return LockState{.held = (*reply)[0].integer_or(0) == 1,
                      .cancel = !(*reply)[1].is_nil(),
                      .publish = !(*reply)[2].is_nil()};
}

AsyncResult<void> RedisSessionLocks::unlock(std::string session_id, std::string owner) {
  const std::string key = key_of(session_id);
  Result<Reply> reply = co_await connection_.call(
      [&](CommandEncoder& out) { out.command({"EVALSHA", scripts().release.sha1, "1", key, owner}); });
  if (!reply) co_return failure_of(std::move(reply));
  co_return Result<void>();
}

AsyncResult<bool> RedisSessionLocks::signal(std::string session_id, std::string turn_id, Signal signal) {
  const std::string key = key_of(session_id);
  const std::string_view what = signal == Signal::cancel ? "cancel" : "publish";
  Result<Reply> reply = co_await connection_.call([&](CommandEncoder& out) {
    out.command({"EVALSHA", scripts().signal.sha1, "2", key, kSignals, what, turn_id});
  });
  if (!reply) co_return failure_of(std::move(reply));
  co_return reply->view().integer_or(0) == 1;
}

AsyncResult<std::int64_t> RedisSessionLocks::signals() {
  Result<Reply> reply =
      co_await connection_.call([](CommandEncoder& out) { out.command({"GET", kSignals}); });
  if (!reply) co_return failure_of(std::move(reply));
  co_return reply->view().integer_or(0);
}

AsyncResult<void> RedisSessionLocks::publish(std::string turn_id, std::size_t offset, std::string text) {
  const std::string key = text_key_of(turn_id);
  const std::string at = std::to_string(offset);
  const Result<Replies> replies = co_await connection_.execute([&](CommandEncoder& out) {
    if (offset == 0) out.command({"DEL", key});
    out.command({"SETRANGE", key, at, text});
    out.command({"PEXPIRE", key, kPublishedForMs});
  });
  if (!replies) co_return std::unexpected(replies.error());
  for (const Reply& reply : *replies) {
    if (reply.view().is_error()) co_return std::unexpected(connection_.error_of(reply.view()));
  }
  co_return Result<void>();
}

AsyncResult<PublishedAnswer> RedisSessionLocks::published(std::string session_id, std::string turn_id,
                                                          std::size_t offset) {
  const std::string lock = key_of(session_id);
  const std::string text = text_key_of(turn_id);
  const std::string from = std::to_string(offset);
  const Result<Replies> replies = co_await connection_.execute([&](CommandEncoder& out) {
    out.command({"HGET", lock, "turn"});
    out.command({"GETRANGE", text, from, "-1"});
  });
  if (!replies) co_return std::unexpected(replies.error());
  co_return PublishedAnswer{.running = (*replies)[0].view().text_or("") == turn_id,
                            .text = std::string((*replies)[1].view().text_or(""))};
}

}  // namespace chatsync::redis
