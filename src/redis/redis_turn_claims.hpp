#pragma once

#include "chat/turn_claims.hpp"
#include "redis/connection.hpp"
#include "redis/key_space.hpp"

namespace chatsync::redis {

/// Claims in Redis: a hash for each, which expires with the lease, or a day after its turn was recorded.
/// Lives on the connection's executor; the connection must outlive it.
class RedisTurnClaims final : public TurnClaims {
 public:
  explicit RedisTurnClaims(RedisConnection& connection, KeySpace keys = KeySpace())
      : connection_(connection), keys_(keys) {}

  AsyncResult<ClaimState> claim(TurnClaim claim, std::chrono::milliseconds lease) override;
  AsyncResult<bool> renew(std::string turn_id, std::string owner, std::chrono::milliseconds lease) override;
  AsyncResult<void> release(std::string turn_id, std::string owner) override;
  AsyncResult<ClaimedOutcome> record(Turn turn, SessionPresence presence, std::string owner) override;

 private:
  RedisConnection& connection_;
  const KeySpace keys_;
};

}  // namespace chatsync::redis
