#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "chat/turn.hpp"
#include "redis/command_encoder.hpp"
#include "redis/key_space.hpp"

namespace chatsync::redis {

/// What one call of acknowledge.lua settles: members of one session's pending set.
struct Acknowledgement {
  std::string session_id;
  std::vector<std::string_view> members;  ///< None: only tidies the indexes up.
  const Session* committed = nullptr;     ///< The session's own data, if they were committed.
};

/// The batch by sessions, in pieces small enough for Lua and for Redis' patience. Views into `batch`.
std::vector<Acknowledgement> acknowledgements_of(const TurnBatch& batch);

void encode(CommandEncoder& out, const KeySpace& keys, std::chrono::milliseconds session_ttl,
            Acknowledgement acknowledgement);

}  // namespace chatsync::redis
