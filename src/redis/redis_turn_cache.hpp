#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "chat/turn_cache.hpp"
#include "redis/connection.hpp"
#include "redis/key_space.hpp"
#include "redis/last_turns.hpp"
#include "redis/turn_recorder.hpp"

namespace chatsync::redis {

/// The cache in Redis. Each operation that changes something is one Lua script, one round trip. Any number
/// of objects, processes and machines may share one Redis; those of a process do best with the same
/// `last_turns`. Lives on the connection's executor; the connection and the clock must outlive it.
class RedisTurnCache final : public TurnCache {
 public:
  RedisTurnCache(RedisConnection& connection, std::chrono::milliseconds session_ttl, const Clock& clock,
                 std::shared_ptr<LastTurns> last_turns = std::make_shared<LastTurns>(),
                 KeySpace keys = KeySpace());

  AsyncResult<RecordOutcome> record(const Turn* turn, SessionPresence presence) override;
  AsyncResult<std::vector<SettledTurn>> seed(SessionSeed seed) override;
  AsyncResult<void> forget_settled(std::string session_id, std::vector<std::int64_t> timestamps_us) override;
  std::uint64_t lineage() const override;
  AsyncResult<bool> create(Session session) override;
  AsyncResult<std::optional<CachedSession>> find(std::string session_id) override;
  AsyncResult<Session> own_data(std::string session_id) override;
  AsyncResult<std::vector<Turn>> history(std::string session_id) override;
  AsyncResult<std::vector<Turn>> pending(std::string session_id, TurnPage page) override;
  AsyncResult<std::vector<Session>> unsynced_sessions_of(std::string user_id) override;
  std::string pending_key(const std::string& session_id, std::int64_t timestamp_us) const override;
  AsyncResult<std::size_t> erase(std::string session_id) override;

  /// Fails when Redis does not answer. The line on durability is read from the server's own settings, at most
  /// every few seconds.
  AsyncResult<CacheHealth> health() override;
  std::string kind() const override { return "redis"; }

 private:
  RedisConnection& connection_;
  const std::chrono::milliseconds session_ttl_;
  const Clock& clock_;
  const KeySpace keys_;
  TurnRecorder recorder_;

  CacheHealth health_;
  std::optional<SteadyTime> health_read_at_;
};

}  // namespace chatsync::redis
