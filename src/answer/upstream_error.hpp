#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/error.hpp"

namespace chatsync::answer {

/// What a caller is told of a reply that is not 2xx, in the server's own words where it has any. A 4xx is the
/// caller's to see (`model_refused`), but for those that speak of our key; the rest is `model_failed`.
Error error_of_reply(int status, std::string_view body, std::optional<std::chrono::milliseconds> retry_after);

}  // namespace chatsync::answer
