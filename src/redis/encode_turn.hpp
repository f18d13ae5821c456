#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "chat/turn.hpp"
#include "chat/turn_cache.hpp"
#include "redis/command_encoder.hpp"

namespace chatsync::redis {

// What record.lua wants of a turn.
inline constexpr std::size_t kKeysOfATurn = 4;
inline constexpr std::size_t kArgumentsOfATurn = 12;

/// `prefix` is that of the session's keys.
void encode_keys_of_turn(CommandEncoder& out, const std::string& prefix);

/// `timestamp_us` is the time stamp proposed, an even one; the turn's own is not looked at.
void encode_arguments_of_turn(CommandEncoder& out, const Turn& turn, std::int64_t timestamp_us,
                              SessionPresence presence, const std::string& prefix);

}  // namespace chatsync::redis
