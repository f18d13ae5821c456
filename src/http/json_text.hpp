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

/// The member `partial` of replies that the cache had no part in; only where it is true.
void append_partial(std::string& out, bool partial);

/// The session object of the API. `opening`: its brace, and members that go before its own.
void append_session(std::string& out, const Session& session, std::string_view opening = "{");

/// The message object of the API.
void append_message(std::string& out, const Turn& turn, std::string_view opening = "{");

}  // namespace chatsync::http
