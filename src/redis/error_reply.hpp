#pragma once

#include <string_view>

#include "base/error.hpp"

namespace chatsync::redis {

/// What an error reply such as "WRONGTYPE Operation against …" means to the caller. The message begins with
/// `name`, if that is not empty.
Error error_from_reply(std::string_view name, std::string_view reply);

}  // namespace chatsync::redis
