#pragma once

#include "chat/session_locks.hpp"
#include "redis/connection.hpp"
#include "redis/key_space.hpp"

namespace chatsync::redis {

/// Locks in Redis: a hash for each, which expires with the lease. Lives on the connection's executor; the
/// connection must outlive it.
class RedisSessionLocks final : public SessionLocks {
 public:
  explicit RedisSessionLocks(RedisConnection& connection, KeySpace keys = KeySpace())
      : connection_(connection), keys_(keys) {}

  AsyncResult<bool> lock(SessionLock lock, std::chrono::milliseconds lease) override;
  AsyncResult<LockState> renew(std::string session_id, std::string owner,
                               std::chrono::milliseconds lease) override;
  AsyncResult<void> unlock(std::string session_id, std::string owner) override;
  AsyncResult<bool> signal(std::string session_id, std::string turn_id, Signal signal) override;
  AsyncResult<std::int64_t> signals() override;
  AsyncResult<void> publish(std::string turn_id, std::size_t offset, std::string text) override;
  AsyncResult<PublishedAnswer> published(std::string session_id, std::string turn_id,
                                         std::size_t offset) override;

 private:
  std::string key_of(const std::string& session_id) const { return keys_.prefix(session_id) + ":lock"; }

  RedisConnection& connection_;
  const KeySpace keys_;
};

}  // namespace chatsync::redis
