#include "embedded/local_turn_claims.hpp"

#include <utility>

namespace chatsync::embedded {
namespace {

constexpr std::chrono::hours kDoneFor{24};

}  // namespace

AsyncResult<ClaimState> LocalTurnClaims::claim(TurnClaim claim, std::chrono::milliseconds lease) {
  const std::scoped_lock lock(mutex_);
  const SteadyTime now = clock_.steady_now();
  forget(now);
  const auto [place, fresh] = claims_.try_emplace(std::move(claim.turn_id));
  Held& held = place->second;
  const bool free = fresh || (!held.done && !held.recording && held.until <= now);
  if (!free && held.request != claim.request) co_return ClaimState::other_request;
  if (held.done) co_return ClaimState::done;
  if (!free && held.owner != claim.owner) co_return ClaimState::running;
  held.request = std::move(claim.request);
  held.owner = std::move(claim.owner);
  held.until = now + lease;
  co_return ClaimState::granted;
}

AsyncResult<bool> LocalTurnClaims::renew(std::string turn_id, std::string owner,
                                         std::chrono::milliseconds lease) {
  const std::scoped_lock lock(mutex_);
  Held* const held = held_by(turn_id, owner);
  if (held != nullptr) held->until = clock_.steady_now() + lease;
  co_return held != nullptr;
}

AsyncResult<void> LocalTurnClaims::release(std::string turn_id, std::string owner) {
  const std::scoped_lock lock(mutex_);
  if (held_by(turn_id, owner) != nullptr) claims_.erase(turn_id);
  co_return Result<void>();
}

AsyncResult<ClaimedOutcome> LocalTurnClaims::record(Turn turn, SessionPresence presence, std::string owner) {
  const std::string turn_id = turn.turn_id;
  {
    const std::scoped_lock lock(mutex_);
    Held* const held = held_by(turn_id, owner);
    if (held == nullptr) co_return ClaimedOutcome{.lost = true};
    held->recording = true;
  }
  Result<RecordOutcome> recorded = co_await cache_.record(&turn, presence);
  const std::scoped_lock lock(mutex_);
  Held& held = claims_.at(turn_id);
  held.recording = false;
  held.done = recorded && !recorded->session_missing;
  if (held.done) done_.emplace_back(clock_.steady_now() + kDoneFor, turn_id);
  if (!recorded) co_return failure_of(std::move(recorded));
  co_return ClaimedOutcome{.recorded = *recorded};
}

LocalTurnClaims::Held* LocalTurnClaims::held_by(const std::string& turn_id, const std::string& owner) {
  const auto found = claims_.find(turn_id);
  const bool held = found != claims_.end() && !found->second.done && found->second.owner == owner;
  return held ? &found->second : nullptr;
}

void LocalTurnClaims::forget(SteadyTime now) {
  for (; !done_.empty() && done_.front().first <= now; done_.pop_front()) claims_.erase(done_.front().second);
}

}  // namespace chatsync::embedded
