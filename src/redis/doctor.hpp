#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "base/error.hpp"
#include "base/finding.hpp"
#include "base/settings.hpp"
#include "redis/connection.hpp"

namespace chatsync::redis {

/// What a server says of itself.
struct RedisFacts {
  std::string name;                                        ///< "redis at host:port".
  std::string info;                                        ///< Replies to INFO, one after the other.
  std::map<std::string, std::string, std::less<>> config;  ///< What CONFIG GET tells, by name.
  bool config_refused = false;                             ///< This user may not ask.
};

/// Asks the server to which `connection` leads; its run() must be under way. Changes nothing.
AsyncResult<RedisFacts> read_redis_facts(RedisConnection* connection);

/// What of it can lose turns. `settings` are those by which it was reached.
Diagnosis judge_redis(const RedisFacts& facts, const Settings::Redis& settings);

}  // namespace chatsync::redis
