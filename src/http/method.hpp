#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace chatsync::http {

/// The methods that routes or metrics tell apart.
enum class Method : std::uint8_t { get, head, post, put, del, options, other };

inline constexpr std::size_t kMethodCount = 7;

constexpr std::string_view to_string(Method method) {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::head:
      return "HEAD";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::del:
      return "DELETE";
    case Method::options:
      return "OPTIONS";
    case Method::other:
      break;
  }
  return "other";
}

}  // namespace chatsync::http
