// A streamed answer comes as deltas of one message. They are added up by the rules of OpenAI's own clients,
// which know no list of fields, so that fields yet to be invented come out whole: text goes behind text,
// objects are added up member by member, and of lists the elements that have the same `index`. What names or
// classifies something is not text that goes on; its last value counts.
#include "chat/completion_assembler.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "chat/completion_message.hpp"

namespace chatsync {
namespace {

namespace json = boost::json;

bool is_label(std::string_view name) {
  constexpr std::array<std::string_view, 5> kLabels = {"role", "id", "type", "index", "status"};
  return std::ranges::find(kLabels, name) != kLabels.end();
}

void add_up(json::object& sum, const json::object& delta);

void add_elements(json::array& sum, const json::array& delta) {
  for (const json::value& element : delta) {
    const json::value* index = element.is_object() ? element.get_object().if_contains("index") : nullptr;
    const auto same = [&](const json::value& candidate) {
      const json::value* its = candidate.is_object() ? candidate.get_object().if_contains("index") : nullptr;
      return index != nullptr && its != nullptr && *its == *index;
    };
    const auto found = std::ranges::find_if(sum, same);
    if (found == sum.end()) {
      sum.push_back(element);
    } else {
      add_up(found->get_object(), element.get_object());
    }
  }
}

void add_up(json::object& sum, const json::object& delta) {
  for (const auto& [name, value] : delta) {
    json::value& place = sum[name];
    if (value.is_null()) continue;
    if (place.is_string() && value.is_string() && !is_label(name)) {
      place.get_string().append(value.get_string());
    } else if (place.is_object() && value.is_object()) {
      add_up(place.get_object(), value.get_object());
    } else if (place.is_array() && value.is_array()) {
      add_elements(place.get_array(), value.get_array());
    } else {
      place = value;
    }
  }
}

/// What a server that reports an error in the place of a chunk says.
std::string words_of(const json::value& error) {
  if (error.is_string()) return std::string(error.get_string());
  if (error.is_object()) {
    if (std::string message = text_member(error.get_object(), "message"); !message.empty()) return message;
  }
  return json::serialize(error);
}

/// The calls without their places in the stream, which are no part of what was called.
json::value called(json::value calls) {
  if (!calls.is_array()) return calls;
  for (json::value& call : calls.get_array()) {
    if (call.is_object()) call.get_object().stable_erase("index");
  }
  return calls;
}

}  // namespace

Result<CompletionAssembler::Chunk> CompletionAssembler::add(std::string_view data) {
  const std::optional<json::value> value = parse_json(data);
  if (!value || !value->is_object()) {
    return fail(ErrorKind::model_failed, "the model server sent an event that is no chunk of an answer",
                "model_bad_reply");
  }
  const json::object& chunk = value->get_object();
  if (const json::value* error = chunk.if_contains("error"); error != nullptr && !error->is_null()) {
    return fail(ErrorKind::model_failed, "the model server broke the answer off: " + words_of(*error),
                "model_broke_off");
  }
  if (std::string model = text_member(chunk, "model"); !model.empty()) answer_.model = std::move(model);
  read_usage(chunk, answer_);
  const json::value* choices = chunk.if_contains("choices");
  const json::value* usage = chunk.if_contains("usage");
  if (choices == nullptr || !choices->is_array()) return Chunk::part;
  if (choices->get_array().empty()) {
    return usage != nullptr && usage->is_object() ? Chunk::usage : Chunk::part;
  }
  for (const json::value& each : choices->get_array()) {
    if (!each.is_object()) continue;
    const json::object& choice = each.get_object();
    const json::value* index = choice.if_contains("index");
    if (index != nullptr && index->is_int64() && index->get_int64() != 0) continue;
    const json::value* delta = choice.if_contains("delta");
    if (delta != nullptr && delta->is_object()) {
      add_up(message_, delta->get_object());
      if (delta->get_object().contains("tool_calls")) ++call_changes_;
    }
    if (std::string reason = text_member(choice, "finish_reason"); !reason.empty()) {
      answer_.finish_reason = std::move(reason);
    }
  }
  return Chunk::part;
}

Answer CompletionAssembler::answer() const {
  json::object message = message_;
  if (message.contains("tool_calls")) message["tool_calls"] = called(message["tool_calls"]);
  Answer answer = answer_from(message);
  answer.model = answer_.model;
  answer.finish_reason = answer_.finish_reason;
  answer.prompt_tokens = answer_.prompt_tokens;
  answer.completion_tokens = answer_.completion_tokens;
  return answer;
}

std::string_view CompletionAssembler::text() const {
  for (const std::string_view name : {"content", "refusal"}) {
    const json::value* text = message_.if_contains(name);
    if (text != nullptr && text->is_string() && !text->get_string().empty()) return text->get_string();
  }
  return {};
}

std::string CompletionAssembler::tool_calls() const {
  const json::value* calls = message_.if_contains("tool_calls");
  return calls != nullptr && calls->is_array() ? json::serialize(called(*calls)) : std::string();
}

}  // namespace chatsync
