#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "chat/pending_turns.hpp"
#include "redis/connection.hpp"
#include "redis/key_space.hpp"

namespace chatsync::redis {

/// A walk over the counts of all sessions: SCAN, and what else there is of the sessions of a page in one
/// round trip. SCAN's guarantee gives the walk its own; it may visit a session twice. What is under a key of
/// another type counts as 0. The connection must outlive it.
class RedisSessionWalk final : public SessionWalk {
 public:
  RedisSessionWalk(RedisConnection& connection, KeySpace keys) : connection_(connection), keys_(keys) {}

  AsyncResult<std::vector<SessionTally>> next(std::size_t max_sessions) override;

 private:
  AsyncResult<std::vector<std::string>> next_ids(std::size_t max_sessions);

  RedisConnection& connection_;
  const KeySpace keys_;
  std::string cursor_ = "0";
  bool done_ = false;
};

}  // namespace chatsync::redis
