#include "chat/completion_message.hpp"

namespace chatsync {
namespace {

namespace json = boost::json;

/// Whether a member of the message says anything beyond role and text. Servers fill in members that are not
/// in use: null, empty lists.
bool says_more(const json::object::value_type& member) {
  const json::value& value = member.value();
  if (member.key() == "role" || value.is_null()) return false;
  if (member.key() == "content") return !value.is_string();
  if (value.is_array()) return !value.get_array().empty();
  return !value.is_string() || !value.get_string().empty();
}

std::optional<std::int64_t> count_member(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_int64()) return std::nullopt;
  return value->get_int64();
}

}  // namespace

std::optional<json::value> parse_json(std::string_view text) {
  json::parse_options options;
  options.max_depth = 256;
  boost::system::error_code malformed;
  json::value value = json::parse(text, malformed, {}, options);
  if (malformed) return std::nullopt;
  return value;
}

std::string text_member(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::string text_of_content(const json::value& content) {
  if (content.is_string()) return std::string(content.get_string());
  std::string text;
  if (!content.is_array()) return text;
  for (const json::value& part : content.get_array()) {
    if (!part.is_object()) continue;
    const std::string piece = text_member(part.get_object(), "text");
    if (!text.empty() && !piece.empty()) text += '\n';
    text += piece;
  }
  return text;
}

Answer answer_from(const json::object& message) {
  Answer answer;
  if (const json::value* content = message.if_contains("content")) answer.text = text_of_content(*content);
  if (answer.text.empty()) answer.text = text_member(message, "refusal");
  for (const auto& member : message) {
    if (!says_more(member)) continue;
    answer.message = json::serialize(message);
    break;
  }
  return answer;
}

void read_usage(const json::object& reply, Answer& answer) {
  const json::value* usage = reply.if_contains("usage");
  if (usage == nullptr || !usage->is_object()) return;
  answer.prompt_tokens = count_member(usage->get_object(), "prompt_tokens");
  answer.completion_tokens = count_member(usage->get_object(), "completion_tokens");
}

}  // namespace chatsync
