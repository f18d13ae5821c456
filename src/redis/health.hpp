#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "redis/connection.hpp"

namespace chatsync::redis {

/// What an accepted turn survives, in one line: from INFO persistence, and the values of `appendfsync` and
/// `save` (empty where CONFIG is not allowed).
std::string durability_line(std::string_view info_persistence, std::string_view appendfsync,
                            std::string_view save);

/// Asks the server, which `connection` leads to.
AsyncResult<std::string> read_durability(RedisConnection* connection);

}  // namespace chatsync::redis
