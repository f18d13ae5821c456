#include "chat/turn_completion.hpp"

#include <boost/json.hpp>
#include <optional>

#include "chat/completion_message.hpp"

namespace chatsync {
namespace {

namespace json = boost::json;

/// What stands in every reply and chunk, with its choices.
json::object framed(const Turn& turn, std::string_view object, json::array choices) {
  return {{"id", "chatcmpl-" + turn.turn_id},
          {"object", object},
          {"created", turn.timestamp_us / 1'000'000},
          {"model", turn.model},
          {"choices", std::move(choices)}};
}

std::string chunk(const Turn& turn, json::object delta, json::value finish_reason) {
  json::object choice{{"index", 0}, {"delta", std::move(delta)}, {"finish_reason", std::move(finish_reason)}};
  return json::serialize(framed(turn, "chat.completion.chunk", {std::move(choice)}));
}

std::optional<json::object> usage_of(const Answer& answer) {
  if (!answer.prompt_tokens || !answer.completion_tokens) return std::nullopt;
  return json::object{{"prompt_tokens", *answer.prompt_tokens},
                      {"completion_tokens", *answer.completion_tokens},
                      {"total_tokens", *answer.prompt_tokens + *answer.completion_tokens}};
}

/// `stop` where the model server did not say why it ended.
std::string reason_of(const Answer& answer) {
  return answer.finish_reason.empty() ? "stop" : answer.finish_reason;
}

json::object message_of(const Answer& answer) {
  if (const auto message = parse_json(answer.message); message && message->is_object()) {
    return message->get_object();
  }
  return {{"role", "assistant"}, {"content", answer.text}};
}

}  // namespace

Answer answer_of(const Turn& turn) {
  Answer answer{.text = turn.answer, .model = turn.model};
  const auto parsed = parse_json(turn.details);
  if (!parsed || !parsed->is_object()) return answer;
  const json::object& details = parsed->get_object();
  answer.finish_reason = text_member(details, "finish_reason");
  const auto count = [&](std::string_view name) -> std::optional<std::int64_t> {
    const json::value* value = details.if_contains(name);
    return value != nullptr && value->is_int64() ? std::optional(value->get_int64()) : std::nullopt;
  };
  answer.prompt_tokens = count("prompt_tokens");
  answer.completion_tokens = count("completion_tokens");
  const json::value* message = details.if_contains("message");
  if (message != nullptr && message->is_object()) answer.message = json::serialize(*message);
  return answer;
}

std::string completion_of(const Turn& turn) {
  const Answer answer = answer_of(turn);
  json::object choice{{"index", 0}, {"message", message_of(answer)}, {"finish_reason", reason_of(answer)}};
  json::object completion = framed(turn, "chat.completion", {std::move(choice)});
  if (auto usage = usage_of(answer)) completion["usage"] = std::move(*usage);
  return json::serialize(completion);
}

std::string text_chunk(const Turn& turn, std::string_view text) {
  return chunk(turn, {{"role", "assistant"}, {"content", text}}, nullptr);
}

std::string last_chunk(const Turn& turn) {
  const Answer answer = answer_of(turn);
  json::object message = message_of(answer);
  json::object delta;
  if (json::value* calls = message.if_contains("tool_calls"); calls != nullptr && calls->is_array()) {
    std::int64_t index = 0;
    for (json::value& call : calls->get_array()) {
      if (call.is_object()) call.get_object()["index"] = index++;
    }
    delta["tool_calls"] = std::move(*calls);
  }
  return chunk(turn, std::move(delta), json::string(reason_of(answer)));
}

std::string usage_chunk(const Turn& turn) {
  auto usage = usage_of(answer_of(turn));
  if (!usage) return {};
  json::object reply = framed(turn, "chat.completion.chunk", {});
  reply["usage"] = std::move(*usage);
  return json::serialize(reply);
}

}  // namespace chatsync
