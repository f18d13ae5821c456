#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "http/handler.hpp"
#include "http/method.hpp"

namespace chatsync::http {

/// One thing the API does. GET routes answer HEAD too.
struct Route {
  Method method;
  std::string_view path;  ///< A segment in braces stands for any: `{session_id}`, `{user_id}`, `{item_id}`, …
  Handler handler;
  bool reads_json = false;                     ///< Its body must be JSON.
  std::array<std::string_view, 6> query = {};  ///< The query parameters it knows; empty ones are none.
  bool needs_key = true;                       ///< Where keys are asked for at all.
};

inline constexpr std::size_t kRouteCount = 37;

/// All routes, those of one path together.
std::span<const Route, kRouteCount> routes();

}  // namespace chatsync::http
