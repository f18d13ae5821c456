#include "http/json_object.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <utility>

#include "chat/turn_json.hpp"

namespace chatsync::http {
namespace {

namespace json = boost::json;
using Type = JsonMember::Type;

/// Boost.JSON's events, of which only those of the outermost object are kept: no tree is built.
class MemberCollector {
 public:
  static constexpr std::size_t max_object_size = 64;
  static constexpr std::size_t max_array_size = 1'000'000;
  static constexpr std::size_t max_key_size = 256;
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t kUsualMembers = 4;

  MemberCollector() { members.reserve(kUsualMembers); }

  std::vector<JsonMember> members;
  bool is_object = false;
  bool duplicate = false;
  bool in_value = false;  // the value of the last member has begun and not ended

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) {
    if (depth_ == 0) is_object = true;
    nest(Type::object);
    return true;
  }
  bool on_object_end(std::size_t, json::error_code&) { return unnest(); }
  bool on_array_begin(json::error_code&) { return nest(Type::array), true; }
  bool on_array_end(std::size_t, json::error_code&) { return unnest(); }

  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    if (depth_ == 1) key_.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t size, json::error_code& code) {
    if (depth_ != 1) return true;
    on_key_part(part, size, code);
    duplicate = std::ranges::find(members, key_, &JsonMember::name) != members.end();
    in_value = true;
    members.emplace_back().name = std::exchange(key_, {});
    if (duplicate) code = json::error::object_too_large;
    return !duplicate;
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
    if (kept()) members.back().text.append(part.data(), part.size());
    return true;
  }
  bool on_string(json::string_view part, std::size_t size, json::error_code& code) {
    on_string_part(part, size, code);
    return set_type(Type::string);
  }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t value, json::string_view, json::error_code&) { return set_integer(value); }
  bool on_uint64(std::uint64_t value, json::string_view, json::error_code&) { return set_integer(value); }
  bool on_double(double, json::string_view, json::error_code&) { return set_type(Type::number); }
  bool on_bool(bool value, json::error_code&) {
    if (kept()) members.back().boolean = value;
    return set_type(Type::boolean);
  }
  bool on_null(json::error_code&) { return set_type(Type::null); }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

 private:
  bool kept() const { return depth_ == 1 && is_object; }

  bool set_type(Type type) {
    if (!kept()) return true;
    members.back().type = type;
    in_value = false;
    return true;
  }

  template <class Integer>
  bool set_integer(Integer value) {
    if (kept()) members.back().text = fmt::format_int(value).str();
    return set_type(Type::integer);
  }

  void nest(Type type) {
    set_type(type);
    in_value = !members.empty();
    ++depth_;
  }

  bool unnest() {
    if (--depth_ == 1) in_value = false;
    return true;
  }

  int depth_ = 0;
  std::string key_;
};

}  // namespace

Result<std::vector<JsonMember>> parse_json_object(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  if (text.find_first_not_of(kBlanks) == std::string_view::npos) {
    return fail(ErrorKind::invalid_argument, "the body is empty: expected a JSON object", "invalid_json");
  }
  json::basic_parser<MemberCollector> parser{json::parse_options{}};
  json::error_code code;
  std::size_t read = parser.write_some(false, text.data(), text.size(), code);
  MemberCollector& collector = parser.handler();
  if (code && collector.duplicate) {
    return fail(ErrorKind::invalid_argument, "the field is given twice", "duplicate_field",
                collector.members.back().name);
  }
  const std::size_t rest = code ? read : text.find_first_not_of(kBlanks, read);
  if (code || rest != std::string_view::npos) {
    std::string what = code ? code.message() : "something follows the value";
    if (!is_utf8(text)) what = "a character is not UTF-8";
    return fail(ErrorKind::invalid_argument,
                fmt::format("the body is not valid JSON: {} at byte {}", what, rest), "invalid_json",
                collector.in_value ? collector.members.back().name : std::string());
  }
  if (!collector.is_object) {
    return fail(ErrorKind::invalid_argument, "the body must be a JSON object", "invalid_json");
  }
  return std::move(collector.members);
}

}  // namespace chatsync::http
