#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace chatsync::http {

/// One member of a request body. No request has values inside values, so those are named but not kept.
struct JsonMember {
  enum class Type : std::uint8_t { string, integer, number, boolean, null, array, object };

  std::string name;
  Type type = Type::null;
  std::string text;      ///< A string's value, or an integer's digits.
  bool boolean = false;  ///< A boolean's value.
};

/// Reads a body that must be one JSON object in UTF-8: at most 64 members, names of at most 256 bytes, no
/// name twice. A failure says at which byte the text stops being that, and in which member.
Result<std::vector<JsonMember>> parse_json_object(std::string_view text);

}  // namespace chatsync::http
