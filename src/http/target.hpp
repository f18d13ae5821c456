#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace chatsync::http {

struct QueryArgument {
  std::string name;
  std::string value;
};

/// A request target taken apart and percent-decoded.
struct Target {
  static constexpr std::size_t kMaxSegments = 6;  ///< More than any route has.

  std::array<std::string, kMaxSegments> segments;  ///< `/sessions/a` has two, `/` has one empty one.
  std::size_t segment_count = 0;                   ///< kMaxSegments + 1: more than fit.
  std::vector<QueryArgument> query;                ///< In the order given.
  bool asterisk = false;                           ///< The target `*` of OPTIONS.

  void clear();
};

/// Reads the origin form (`/path?query`), the absolute form (`http://host/path?query`, whose host is not
/// looked at) and `*`. A `+` in a query stands for itself. Fails on a malformed percent code, on anything
/// that no URL may contain and on an argument given twice.
Result<void> parse_target(std::string_view text, Target& target);

}  // namespace chatsync::http
