#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace chatsync {

// Where things stand in a JSON text, so that one can be changed and the rest passes through byte for byte.
// The text must be valid JSON, in front of which white space may stand. All views point into it.

struct JsonMemberSpan {
  std::string name;  ///< Without its escapes.
  std::string_view value;
};

/// The members of an object, in their order; none if the text is none.
std::vector<JsonMemberSpan> members_of(std::string_view text);

/// The elements of an array, in their order; none if the text is none.
std::vector<std::string_view> elements_of(std::string_view text);

/// The text of a string, without its escapes; empty if the value is none.
std::string text_of(std::string_view value);

/// The value of the last member of this name; empty if there is none.
std::string_view value_of(const std::vector<JsonMemberSpan>& members, std::string_view name);

}  // namespace chatsync
