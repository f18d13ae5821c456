#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "chat/conversation_store.hpp"

namespace chatsync::http {

/// The body of PUT …/feedback; nothing: what was said is taken back. A failure names the field in `param`.
Result<std::optional<ItemFeedback>> parse_feedback(std::string_view body);

struct RegenerateRequest {
  std::string model;         ///< Empty: the server's default.
  std::string instructions;  ///< Empty: none.
};

/// The body of POST …/regenerate, which may be empty.
Result<RegenerateRequest> parse_regenerate_request(std::string_view body);

}  // namespace chatsync::http
