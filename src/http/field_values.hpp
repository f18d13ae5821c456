#pragma once

#include <string_view>

#include "http/request.hpp"

namespace chatsync::http {

/// ASCII case does not count, as in names and tokens of HTTP.
bool equals_ignoring_case(std::string_view a, std::string_view b);

/// What a Content-Type says about the body.
BodyType body_type_of(std::string_view content_type);

/// `host` or `host:port` with nothing in it that no host has; may be empty.
bool is_host(std::string_view text);

/// `[A-Za-z0-9._-]{1,128}`.
bool is_request_id(std::string_view text);

}  // namespace chatsync::http
