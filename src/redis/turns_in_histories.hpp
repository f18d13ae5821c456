#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "chat/turn.hpp"
#include "redis/connection.hpp"

namespace chatsync::redis {

/// A turn by what its key says.
struct TurnName {
  std::string_view session_id;
  std::string_view prefix;  ///< Of the session's keys.
  std::int64_t timestamp_us = 0;
};

/// Looks for turns in the histories of their sessions. `names` has the turns of each session together, in the
/// order of time; what they view must outlive the call. Returns for each the turn, or nothing: it is not
/// among the session's last, the entry is not what chatsync itself writes, or the history is the store's.
AsyncResult<std::vector<std::optional<Turn>>> find_in_histories(RedisConnection* connection,
                                                                std::vector<TurnName> names);

}  // namespace chatsync::redis
