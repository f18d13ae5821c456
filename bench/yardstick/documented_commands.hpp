#pragma once

#include <cstddef>

#include "chat/turn.hpp"
#include "redis/command_encoder.hpp"

namespace yardstick {

/// Records one turn, whose number Redis gives: MULTI, the documented commands, EXEC. The first of EXEC's
/// results is the number.
void encode_documented_commands(chatsync::redis::CommandEncoder& out, const chatsync::Turn& turn);

/// Of what is replied to these.
inline constexpr std::size_t kRepliedLines = 14;
inline constexpr std::size_t kLinesBeforeNumber = 8;

}  // namespace yardstick
