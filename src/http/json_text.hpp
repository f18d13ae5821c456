#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "chat/turn.hpp"

namespace chatsync::http {

/// JSON is written straight into the reply's buffer. `key` is what stands before the value, punctuation
/// included, such as `{"pending":`.
void append_number(std::string& out, std::string_view key, std::int64_t value);
void append_number(std::string& out, std::string_view key, std::optional<std::int64_t> value);
void append_text(std::string& out, std::string_view key, std::string_view value);
/// An ISO 8601 string, or null.
void append_time(std::string& out, std::string_view key, std::optional<std::int64_t> timestamp_us);

/// The session object of the API.
void append_session(std::string& out, const Session& session);

/// The message object of the API.
void append_message(std::string& out, const Turn& turn);

}  // namespace chatsync::http
