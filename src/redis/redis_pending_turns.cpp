#include "redis/redis_pending_turns.hpp"

#include <charconv>
#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "chat/ids.hpp"
#include "redis/acknowledgement.hpp"
#include "redis/execute_in_parts.hpp"
#include "redis/pending_pass.hpp"
#include "redis/session_walk.hpp"

namespace chatsync::redis {

RedisPendingTurns::RedisPendingTurns(RedisConnection& connection, std::chrono::milliseconds session_ttl,
                                     const Clock& clock, KeySpace keys)
    : connection_(connection), session_ttl_(session_ttl), clock_(clock), keys_(keys) {}

std::unique_ptr<PendingPass> RedisPendingTurns::begin_pass(PassKind kind) {
  return std::make_unique<RedisPendingPass>(connection_, session_ttl_, clock_, keys_, kind);
}

AsyncResult<std::size_t> RedisPendingTurns::acknowledge(SharedBatch batch) {
  std::vector<Acknowledgement> acknowledgements = acknowledgements_of(*batch);
  std::vector<std::span<Acknowledgement>> due;
  for (std::span<Acknowledgement> left = acknowledgements; !left.empty();) {
    due.push_back(first_call(left));
    left = left.subspan(due.back().size());
  }
  std::size_t removed = 0;
  // What Redis says of one call or one session keeps no other from being acknowledged.
  std::optional<Error> failure;
  const auto note = [&](ReplyView error) {
    if (!failure) failure = connection_.error_of(error);
  };
  for (bool again = false; !due.empty(); again = true) {
    std::vector<std::span<Acknowledgement>> refused;
    const auto encode_call = [&](CommandEncoder& out, std::size_t begin, std::size_t) {
      encode(out, keys_, session_ttl_, due[begin]);
    };
    const auto take = [&](std::size_t begin, std::size_t, const Replies& replies) {
      const ReplyView reply = replies.front().view();
      if (RedisConnection::is_noscript(reply) && !again) {
        refused.push_back(due[begin]);
        return Result<void>();
      }
      if (reply.is_error()) note(reply);
      for (std::size_t session = 0; session < reply.size(); ++session) {
        if (reply[session].is_error()) note(reply[session]);
        removed += static_cast<std::size_t>(reply[session].integer_or(0));
      }
      return Result<void>();
    };
    Result<void> taken = co_await execute_in_parts(&connection_, due.size(), 1, encode_call, take);
    if (!taken) co_return failure_of(std::move(taken));
    due = std::move(refused);
    if (due.empty()) break;
    if (Result<void> loaded = co_await connection_.load_scripts(); !loaded)
      co_return failure_of(std::move(loaded));
  }
  if (failure) co_return std::unexpected(std::move(*failure));
  co_return removed;
}

AsyncResult<std::optional<std::int64_t>> RedisPendingTurns::oldest_pending_us() {
  // More than the first: other programs may have put names there that are no session's.
  Result<Reply> first = co_await connection_.call(
      [](CommandEncoder& out) { out.command({"ZRANGE", KeySpace::kDirty, "0", "99", "WITHSCORES"}); });
  if (!first) co_return failure_of(std::move(first));
  for (std::size_t index = 0; index + 1 < first->view().size(); index += 2) {
    if (!is_session_id((*first)[index].text_or(""))) continue;
    const std::string_view score = (*first)[index + 1].text_or("");
    double since_us = 0;
    const auto [end, error] = std::from_chars(score.data(), score.data() + score.size(), since_us);
    if (error == std::errc() && std::abs(since_us) < 9e18) co_return static_cast<std::int64_t>(since_us);
  }
  co_return std::nullopt;
}

std::unique_ptr<SessionWalk> RedisPendingTurns::walk_sessions() {
  return std::make_unique<RedisSessionWalk>(connection_, keys_);
}

AsyncResult<std::size_t> RedisPendingTurns::count_pending() {
  std::size_t total = 0;
  std::unordered_set<std::string> seen;  // ZSCAN may name a session twice.
  std::string cursor = "0";
  do {
    Result<Reply> page = co_await connection_.call(
        [&](CommandEncoder& out) { out.command({"ZSCAN", KeySpace::kDirty, cursor, "COUNT", "1000"}); });
    if (!page) co_return failure_of(std::move(page));
    cursor = (*page)[0].text_or("0");
    const ReplyView scored = (*page)[1];
    std::vector<std::string> prefixes;
    for (std::size_t index = 0; index < scored.size(); index += 2) {
      if (const std::string id(scored[index].text_or("")); seen.insert(id).second) {
        prefixes.push_back(keys_.prefix(id));
      }
    }
    if (prefixes.empty()) continue;
    Result<Replies> sizes = co_await connection_.execute([&](CommandEncoder& out) {
      for (const std::string& prefix : prefixes) {
        out.begin(2);
        out.argument("SCARD");
        out.argument(prefix, KeySpace::kPending);
      }
    });
    if (!sizes) co_return failure_of(std::move(sizes));
    // A set of another type holds no turns.
    for (const Reply& size : *sizes) total += static_cast<std::size_t>(size.view().integer_or(0));
  } while (cursor != "0");
  co_return total;
}

}  // namespace chatsync::redis
