#pragma once

#include <cstdint>
#include <string>

namespace chatsync::test_cache {

/// The question that client `client` sends as its message `message` (both from 1). Always the same
/// for the same pair, different for every other pair, and never plain ASCII.
std::string question_text(std::int64_t client, std::int64_t message);

}  // namespace chatsync::test_cache
