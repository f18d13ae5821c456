#include "chat/json_spans.hpp"

#include <boost/json.hpp>

namespace chatsync {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

/// Walks over a text that is known to be valid.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  bool at_end() const { return position_ >= text_.size(); }
  std::size_t position() const { return position_; }
  char peek() const { return at_end() ? '\0' : text_[position_]; }
  void skip_blanks() { position_ = std::min(text_.find_first_not_of(kBlanks, position_), text_.size()); }

  /// Whether the next character that is no blank is `c`, which is then passed.
  bool take(char c) {
    skip_blanks();
    if (peek() != c) return false;
    ++position_;
    return true;
  }

  std::string_view take_value() {
    skip_blanks();
    const std::size_t begin = position_;
    if (peek() == '"') {
      pass_string();
    } else if (peek() == '{' || peek() == '[') {
      pass_nested();
    } else {
      position_ = std::min(text_.find_first_of(" \t\r\n,]}", position_), text_.size());
    }
    return text_.substr(begin, position_ - begin);
  }

 private:
  void pass_string() {
    ++position_;
    while (!at_end() && peek() != '"') position_ += peek() == '\\' ? 2 : 1;
    ++position_;
  }

  void pass_nested() {
    std::size_t depth = 0;
    do {
      position_ = std::min(text_.find_first_of("\"{}[]", position_), text_.size());
      if (at_end()) return;
      if (peek() == '"') {
        pass_string();
        continue;
      }
      const bool opens = peek() == '{' || peek() == '[';
      depth = opens ? depth + 1 : depth - 1;
      ++position_;
    } while (depth > 0);
  }

  std::string_view text_;
  std::size_t position_ = 0;
};

std::string unescaped(std::string_view literal) {
  if (literal.find('\\') == std::string_view::npos) return std::string(literal.substr(1, literal.size() - 2));
  return std::string(boost::json::parse(literal).get_string());
}

}  // namespace

std::vector<JsonMemberSpan> members_of(std::string_view text) {
  std::vector<JsonMemberSpan> members;
  Cursor cursor(text);
  if (!cursor.take('{') || cursor.take('}')) return members;
  do {
    const std::string_view name = cursor.take_value();
    cursor.take(':');
    members.push_back({.name = unescaped(name), .value = cursor.take_value()});
  } while (cursor.take(','));
  return members;
}

std::vector<std::string_view> elements_of(std::string_view text) {
  std::vector<std::string_view> elements;
  Cursor cursor(text);
  if (!cursor.take('[') || cursor.take(']')) return elements;
  do {
    elements.push_back(cursor.take_value());
  } while (cursor.take(','));
  return elements;
}

std::string text_of(std::string_view value) {
  return value.starts_with('"') ? unescaped(value) : std::string();
}

std::string_view value_of(const std::vector<JsonMemberSpan>& members, std::string_view name) {
  std::string_view value;
  for (const JsonMemberSpan& member : members) {
    if (member.name == name) value = member.value;
  }
  return value;
}

}  // namespace chatsync
