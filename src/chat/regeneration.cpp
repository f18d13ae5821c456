#include "chat/regeneration.hpp"

#include <array>
#include <utility>

#include "chat/item_messages.hpp"
#include "chat/json_spans.hpp"
#include "chat/turn_json.hpp"

namespace chatsync {

Result<CompletionRequest> regeneration_request(const Turn& turn, const std::vector<Item>& question,
                                               std::string_view history, std::string_view model,
                                               std::string_view instructions) {
  const std::string_view response = value_of(members_of(turn.details), "response");
  const std::string as_before = text_of(value_of(members_of(response), "instructions"));
  if (instructions.empty()) instructions = as_before;
  std::string body = "{";
  if (!model.empty()) {
    body += "\"model\":";
    append_json_string(body, model);
    body += ',';
  }
  body += "\"messages\":[";
  if (!instructions.empty()) {
    body += R"({"role":"system","content":)";
    append_json_string(body, instructions);
    body += "},";
  }
  body += history;
  if (!history.empty()) body += ',';
  std::string asked;
  append_messages_of_items(asked, question);
  body += asked;
  body += "]}";
  Result<CompletionRequest> request = read_completion_request(std::move(body));
  if (request) return request;
  return fail(ErrorKind::internal,
              "the question of turn " + turn.turn_id + " cannot be asked again: " + request.error().message);
}

std::string question_details(const Turn& turn) {
  constexpr std::array<std::string_view, 3> kOfTheQuestion = {"asked", "input", "response"};
  const auto members = members_of(turn.details);
  std::string details;
  for (const std::string_view name : kOfTheQuestion) {
    const std::string_view value = value_of(members, name);
    if (value.empty()) continue;
    if (!details.empty()) details += ',';
    append_json_string(details, name);
    details += ':';
    details += value;
  }
  return details;
}

}  // namespace chatsync
