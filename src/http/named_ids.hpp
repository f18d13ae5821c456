#pragma once

#include <string>

#include "base/error.hpp"
#include "http/request.hpp"

namespace chatsync::http {

// Ids that a request of OpenAI's API may name. Empty: it names none. `invalid_argument` names the field at
// fault.

/// Of X-Session-Id, or else `in_metadata`, which is `metadata.session_id`.
Result<std::string> named_session(const Request& request, std::string in_metadata);

Result<std::string> named_session_in(std::string field, std::string text);
Result<std::string> named_user_in(std::string field, std::string text);

}  // namespace chatsync::http
