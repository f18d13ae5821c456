#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "chat/answerer.hpp"

namespace chatsync {

/// Any JSON, nested as deep as schemas in requests are; nothing if the text is none.
std::optional<boost::json::value> parse_json(std::string_view text);

/// The member's text; empty if it is none.
std::string text_member(const boost::json::object& object, std::string_view name);

/// The text of a `content`, which is a string or a list of parts. Parts that are no text are left out.
std::string text_of_content(const boost::json::value& content);

/// Text and message of an answer whose message of the assistant is this one.
Answer answer_from(const boost::json::object& message);

/// Takes the token counts of `usage` over, if the reply or chunk has them.
void read_usage(const boost::json::object& reply, Answer& answer);

}  // namespace chatsync
