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
  std::string_view
      path;  ///< `{session_id}` and `{user_id}`, of which one may be second, stand for a segment, and
             ///< `{turn_id}` for the fourth.
  Handler handler;
  bool reads_json = false;                     ///< Its body must be JSON.
  std::array<std::string_view, 3> query = {};  ///< The query parameters it knows; empty ones are none.
  bool needs_key = true;                       ///< Where keys are asked for at all.
};

inline constexpr std::size_t kRouteCount = 20;

/// All routes, those of one path together.
std::span<const Route, kRouteCount> routes();

}  // namespace chatsync::http
