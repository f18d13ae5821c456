#include "answer/upstream_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "chat/completion_message.hpp"
#include "chat/turn_json.hpp"

namespace chatsync::answer {
namespace {

namespace json = boost::json;

/// The error object of OpenAI's form, or what other servers have in its place.
struct Words {
  std::string message;
  std::string code;
  std::string param;
};

Words words_of(std::string_view body) {
  const std::optional<json::value> value = parse_json(body);
  if (!value || !value->is_object()) return {};
  const json::object& reply = value->get_object();
  const json::value* error = reply.if_contains("error");
  if (error != nullptr && error->is_string()) return {.message = std::string(error->get_string())};
  const json::object& object = error != nullptr && error->is_object() ? error->get_object() : reply;
  return {.message = text_member(object, "message"),
          .code = text_member(object, "code"),
          .param = text_member(object, "param")};
}

/// The beginning of a body that is no JSON, on one line.
std::string excerpt(std::string_view body) {
  constexpr std::size_t kLongest = 200;
  if (!is_utf8(body)) return {};
  std::string text(body.substr(0, kLongest));
  std::ranges::replace_if(text, [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; }, ' ');
  while (!is_utf8(text)) text.pop_back();
  return text;
}

std::uint16_t seconds_of(std::optional<std::chrono::milliseconds> time) {
  if (!time) return 0;
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(*time).count();
  return static_cast<std::uint16_t>(std::clamp<std::int64_t>(seconds, 1, 65'535));
}

}  // namespace

Error error_of_reply(int status, std::string_view body,
                     std::optional<std::chrono::milliseconds> retry_after) {
  Words words = words_of(body);
  if (words.message.empty()) words.message = excerpt(body);
  // A 401 would have the client look for a fault in its own key.
  const bool about_our_key = status == 401 || status == 403 || status == 407;
  if (about_our_key) {
    return {.kind = ErrorKind::model_failed,
            .message =
                fmt::format("the model server does not accept LLM_API_KEY ({}): {}", status, words.message),
            .code = "model_unauthorized"};
  }
  if (status >= 400 && status < 500) {
    if (words.message.empty()) words.message = fmt::format("the model server replied {}", status);
    if (words.code.empty()) words.code = status == 429 ? "model_rate_limit" : "model_refused";
    return {.kind = ErrorKind::model_refused,
            .message = std::move(words.message),
            .code = std::move(words.code),
            .param = std::move(words.param),
            .status = static_cast<std::uint16_t>(status),
            .retry_after_s = seconds_of(retry_after)};
  }
  return {.kind = ErrorKind::model_failed,
          .message = fmt::format("the model server replied {}: {}", status, words.message),
          .code = "model_error",
          .retry_after_s = seconds_of(retry_after)};
}

}  // namespace chatsync::answer
