#pragma once

#include <chrono>
#include <cstdint>

namespace chatsync::redis {

/// The pause before the next attempt to connect, after `failures` attempts in a row: doubling from 50 ms to
/// at most 2 s, of which `random` decides the last half, so that many clients do not come back at once.
std::chrono::milliseconds reconnect_delay(unsigned failures, std::uint32_t random);

}  // namespace chatsync::redis
