#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "base/clock.hpp"
#include "chat/pending_turns.hpp"
#include "redis/connection.hpp"
#include "redis/key_space.hpp"

namespace chatsync::redis {

/// The drain side of the cache in Redis. Lives on the connection's executor; the connection and the clock
/// must outlive it. It needs no command that Redis refuses at its memory limit, so that a full Redis can be
/// drained.
class RedisPendingTurns final : public PendingTurns {
 public:
  RedisPendingTurns(RedisConnection& connection, std::chrono::milliseconds session_ttl, const Clock& clock,
                    KeySpace keys = KeySpace());

  std::unique_ptr<PendingPass> begin_pass(PassKind kind) override;
  AsyncResult<std::size_t> acknowledge(SharedBatch batch) override;
  AsyncResult<std::size_t> count_pending() override;
  AsyncResult<std::optional<std::int64_t>> oldest_pending_us() override;
  std::unique_ptr<SessionWalk> walk_sessions() override;

 private:
  RedisConnection& connection_;
  const std::chrono::milliseconds session_ttl_;
  const Clock& clock_;
  const KeySpace keys_;
};

}  // namespace chatsync::redis
