#pragma once

#include <string>
#include <string_view>

#include "chat/turn_json.hpp"

namespace chatsync {

/// Writes one JSON object, member by member, to the end of a text.
class JsonWriter {
 public:
  /// `out` must outlive it.
  explicit JsonWriter(std::string& out) : out_(out) { out_ += '{'; }

  /// A member whose value is JSON already.
  JsonWriter& value(std::string_view name, std::string_view json) {
    key(name);
    out_ += json;
    return *this;
  }

  JsonWriter& text(std::string_view name, std::string_view text) {
    key(name);
    append_json_string(out_, text);
    return *this;
  }

  /// Where the value of a member is to be written by other means.
  std::string& key(std::string_view name) {
    if (out_.back() != '{') out_ += ',';
    append_json_string(out_, name);
    out_ += ':';
    return out_;
  }

  void end() { out_ += '}'; }

 private:
  std::string& out_;
};

}  // namespace chatsync
