#include "chat/response_object.hpp"

#include <charconv>
#include <optional>

#include "chat/json_spans.hpp"
#include "chat/json_writer.hpp"
#include "chat/openai_ids.hpp"

namespace chatsync {
namespace {

using Members = std::vector<JsonMemberSpan>;

constexpr std::int64_t kSecond = 1'000'000;

std::optional<std::int64_t> integer(std::string_view value) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size()) return std::nullopt;
  return number;
}

void append_usage(std::string& out, const Members& details) {
  const auto input = integer(value_of(details, "prompt_tokens"));
  const auto output = integer(value_of(details, "completion_tokens"));
  if (!input || !output) {
    out += "null";
    return;
  }
  JsonWriter(out)
      .value("input_tokens", std::to_string(*input))
      .value("input_tokens_details", R"({"cached_tokens":0,"cache_write_tokens":0})")
      .value("output_tokens", std::to_string(*output))
      .value("output_tokens_details", R"({"reasoning_tokens":0})")
      .value("total_tokens", std::to_string(*input + *output))
      .end();
}

void append_output(std::string& out, std::span<const VisibleItem> items) {
  out += '[';
  for (const VisibleItem& item : items) {
    if (item.asked) continue;
    if (out.back() != '[') out += ',';
    append_item(out, item);
  }
  out += ']';
}

}  // namespace

ResponseStatus status_of(const Turn& turn) {
  const std::string reason = text_of(value_of(members_of(turn.details), "finish_reason"));
  if (turn.status == TurnStatus::incomplete) {
    if (reason == "cancelled") return {.status = "cancelled"};
    return {.status = "failed", .failure = "the answer broke off" + (reason.empty() ? "" : ": " + reason)};
  }
  if (reason == "length") return {.status = "incomplete", .reason = "max_output_tokens"};
  if (reason == "content_filter") return {.status = "incomplete", .reason = "content_filter"};
  return {.status = "completed"};
}

void append_response(std::string& out, const Turn& turn, std::span<const VisibleItem> items,
                     const ResponseStatus& status) {
  const Members details = members_of(turn.details);
  const Members request = members_of(value_of(details, "response"));
  const auto given = [&](std::string_view name, std::string_view otherwise) {
    const std::string_view value = value_of(request, name);
    return value.empty() ? otherwise : value;
  };
  const bool stored = !turn.session_id.empty();
  const bool ended = status.status != "in_progress";

  JsonWriter response(out);
  response.text("id", response_id(turn.session_id, turn.turn_id)).text("object", "response");
  response.value("created_at", std::to_string(turn.timestamp_us / kSecond));
  response.text("status", status.status).value("background", "false");
  if (const auto latency_ms = integer(value_of(details, "latency_ms")); latency_ms && ended) {
    response.value("completed_at", std::to_string((turn.timestamp_us + *latency_ms * 1000) / kSecond));
  } else {
    response.value("completed_at", "null");
  }
  if (stored) {
    JsonWriter(response.key("conversation")).text("id", turn.session_id).end();
  } else {
    response.value("conversation", "null");
  }
  if (status.status == "failed") {
    JsonWriter(response.key("error")).text("code", "server_error").text("message", status.failure).end();
  } else {
    response.value("error", "null");
  }
  if (!status.reason.empty()) {
    JsonWriter(response.key("incomplete_details")).text("reason", status.reason).end();
  } else {
    response.value("incomplete_details", "null");
  }
  if (turn.model.empty()) {
    response.value("model", given("model", R"("")"));
  } else {
    response.text("model", turn.model);
  }
  append_output(response.key("output"), items);
  append_usage(response.key("usage"), details);
  response.value("store", stored ? "true" : "false");
  for (const char* name : {"instructions", "max_output_tokens", "max_tool_calls", "previous_response_id",
                           "temperature", "top_p"}) {
    response.value(name, given(name, "null"));
  }
  response.value("metadata", given("metadata", "{}"))
      .value("parallel_tool_calls", given("parallel_tool_calls", "true"))
      .value("reasoning", given("reasoning", R"({"effort":null,"summary":null})"))
      .value("text", given("text", R"({"format":{"type":"text"}})"))
      .value("tool_choice", given("tool_choice", R"("auto")"))
      .value("tools", given("tools", "[]"))
      .value("truncation", given("truncation", R"("disabled")"));
  for (const char* name : {"prompt_cache_key", "safety_identifier", "service_tier", "top_logprobs", "user"}) {
    if (const auto value = value_of(request, name); !value.empty()) response.value(name, value);
  }
  response.end();
}

void append_response(std::string& out, const Turn& turn) {
  append_response(out, turn, visible_items(turn), status_of(turn));
}

}  // namespace chatsync
