#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "redis/connection.hpp"

namespace chatsync::redis {

/// The check at start: Redis answers, is recent enough (6.2), and never evicts keys by itself, since that
/// would silently lose turns that are not yet in the store. The connection's run() must be under way. The
/// error is one line that names the server and what mends it.
AsyncResult<void> check_redis(RedisConnection& connection);

/// The same judgement on replies to INFO server and INFO memory.
Result<void> check_info(const std::string& name, std::string_view server, std::string_view memory);

}  // namespace chatsync::redis
