// A turn with a claim goes by a script of its own, one at a time, and never by the transaction or the shared
// calls of turn_recorder.cpp: there are few, and turns without a claim pay nothing for them.
#include "redis/redis_turn_claims.hpp"

#include <string_view>
#include <utility>

#include "base/fault.hpp"
#include "chat/turn_stamp.hpp"
#include "redis/encode_turn.hpp"
#include "redis/scripts.hpp"

namespace chatsync::redis {
namespace {

constexpr std::chrono::milliseconds kDoneFor{std::chrono::hours(24)};

std::string key_of(const std::string& turn_id) { return "turn:" + turn_id + ":claim"; }

ClaimState state_of(std::string_view reply) {
  if (reply == "granted") return ClaimState::granted;
  if (reply == "done") return ClaimState::done;
  if (reply == "other") return ClaimState::other_request;
  return ClaimState::running;
}

}  // namespace

AsyncResult<ClaimState> RedisTurnClaims::claim(TurnClaim claim, std::chrono::milliseconds lease) {
  const std::string key = key_of(claim.turn_id);
  const std::string milliseconds = std::to_string(lease.count());
  Result<Reply> reply = co_await connection_.call([&](CommandEncoder& out) {
    out.command({"EVALSHA", scripts().claim.sha1, "1", key, claim.request, claim.owner, claim.session_id,
                 milliseconds});
  });
  if (!reply) co_return failure_of(std::move(reply));
  co_return state_of(reply->view().text_or(""));
}

AsyncResult<bool> RedisTurnClaims::renew(std::string turn_id, std::string owner,
                                         std::chrono::milliseconds lease) {
  const std::string key = key_of(turn_id);
  const std::string milliseconds = std::to_string(lease.count());
  Result<Reply> reply = co_await connection_.call([&](CommandEncoder& out) {
    out.command({"EVALSHA", scripts().renew.sha1, "1", key, owner, milliseconds});
  });
  if (!reply) co_return failure_of(std::move(reply));
  co_return (*reply)[0].integer_or(0) == 1;
}

AsyncResult<void> RedisTurnClaims::release(std::string turn_id, std::string owner) {
  const std::string key = key_of(turn_id);
  Result<Reply> reply = co_await connection_.call(
      [&](CommandEncoder& out) { out.command({"EVALSHA", scripts().release.sha1, "1", key, owner}); });
  if (!reply) co_return failure_of(std::move(reply));
  co_return Result<void>();
}

AsyncResult<ClaimedOutcome> RedisTurnClaims::record(Turn turn, SessionPresence presence, std::string owner) {
  const std::string prefix = keys_.prefix(turn.session_id);
  const std::string claim = key_of(turn.turn_id);
  Result<Reply> reply = co_await connection_.call([&](CommandEncoder& out) {
    constexpr std::size_t kKeys = 1 + kKeysOfATurn + 1;
    out.begin(3 + kKeys + 1 + kArgumentsOfATurn + 2);
    out.argument("EVALSHA");
    out.argument(scripts().record_claimed.sha1);
    out.argument(kKeys);
    out.argument(KeySpace::kDirty);
    encode_keys_of_turn(out, prefix);
    out.argument(claim);
    out.argument(KeySpace::kNewSessions);
    encode_arguments_of_turn(out, turn, cache_stamp(turn.timestamp_us, 0), presence, prefix);
    out.argument(owner);
    out.argument(kDoneFor.count());
  });
  if (!reply) co_return failure_of(std::move(reply));
  ClaimedOutcome outcome{.lost = reply->view().size() == 0};
  outcome.recorded = {.question_count = (*reply)[0].integer_or(0), .timestamp_us = (*reply)[1].integer_or(0)};
  outcome.recorded.session_missing = !outcome.lost && outcome.recorded.question_count == 0;
  co_return outcome;
}

}  // namespace chatsync::redis
