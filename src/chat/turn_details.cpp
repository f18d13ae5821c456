#include "chat/turn_details.hpp"

#include <fmt/format.h>

#include <iterator>

#include "chat/completion_message.hpp"
#include "chat/turn_json.hpp"

namespace chatsync {

std::string turn_details(const Answer& answer, std::string_view asked, std::chrono::milliseconds latency,
                         std::string_view more) {
  std::string out = fmt::format(R"({{"latency_ms":{})", latency.count());
  const auto end = std::back_inserter(out);
  if (!answer.finish_reason.empty()) {
    out += R"(,"finish_reason":)";
    append_json_string(out, answer.finish_reason);
  }
  if (answer.prompt_tokens) fmt::format_to(end, R"(,"prompt_tokens":{})", *answer.prompt_tokens);
  if (answer.completion_tokens) fmt::format_to(end, R"(,"completion_tokens":{})", *answer.completion_tokens);
  if (!asked.empty()) fmt::format_to(end, R"(,"asked":{})", asked);
  if (!answer.message.empty()) fmt::format_to(end, R"(,"message":{})", answer.message);
  if (!more.empty()) fmt::format_to(end, ",{}", more);
  out += '}';
  return out;
}

std::string request_in_details(std::string_view details) {
  const auto value = parse_json(details);
  return value && value->is_object() ? text_member(value->get_object(), "request") : std::string();
}

std::string details_or_nothing(std::string_view text) {
  if (text.empty() || !is_utf8(text)) return {};
  const auto value = parse_json(text);
  return value && value->is_object() ? std::string(text) : std::string();
}

}  // namespace chatsync
