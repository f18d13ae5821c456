#pragma once

#include <string>
#include <string_view>

#include "chat/turn.hpp"

namespace chatsync::bench {

/// A turn of the size that all benchmarks use: a question of 237 bytes and the echo's answer of 243, together
/// the 480 bytes of an 80-byte question with a 400-byte answer.
Turn sample_turn();

/// The body of the POST /chat that asks the question of sample_turn() in that session.
std::string sample_body(std::string_view session_id);

/// The whole request with that body, as a client sends it.
std::string sample_request(std::string_view session_id);

}  // namespace chatsync::bench
