#pragma once

#include <string_view>

#include "base/error.hpp"
#include "service/chat_service.hpp"

namespace chatsync::http {

/// The body of POST /chat. A failure names the field in `param`.
Result<service::ChatRequest> parse_chat_request(std::string_view body);

/// The body of POST /sessions.
Result<service::NewSession> parse_new_session(std::string_view body);

}  // namespace chatsync::http
