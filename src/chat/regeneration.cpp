#include "chat/regeneration.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <iterator>
#include <optional>
#include <span>
#include <utility>

#include "chat/completion_message.hpp"
#include "chat/conversation_items.hpp"
#include "chat/item_messages.hpp"

namespace chatsync {
namespace json = boost::json;

Result<Regeneration> regeneration_of(const Turn& turn, const std::string& model,
                                     const std::string& instructions) {
  Regeneration regeneration;
  json::array messages;
  if (!instructions.empty()) messages.push_back({{"role", "system"}, {"content", instructions}});
  const std::optional<json::value> details = turn.details.empty() ? std::nullopt : parse_json(turn.details);
  const json::value* asked =
      details && details->is_object() ? details->get_object().if_contains("asked") : nullptr;
  if (asked != nullptr && asked->is_array() && !asked->get_array().empty()) {
    regeneration.asked = json::serialize(*asked);
    for (const json::value& message : asked->get_array()) messages.push_back(message);
  } else if (details && details->is_object() && details->get_object().contains("input")) {
    const TurnItems items = items_of(turn);
    std::string given;
    append_messages_of_items(given, std::span(items.items).first(items.input_count));
    const std::optional<json::value> list = parse_json("[" + given + "]");
    if (list) std::ranges::copy(list->as_array(), std::back_inserter(messages));
  } else {
    messages.push_back({{"role", "user"}, {"content", turn.question}});
  }
  json::object body;
  if (!model.empty()) body["model"] = model;
  body["messages"] = std::move(messages);
  Result<CompletionRequest> request = read_completion_request(json::serialize(body));
  if (!request) {
    return fail(ErrorKind::internal, "the question of turn " + turn.turn_id +
                                         " cannot be asked again: " + request.error().message);
  }
  regeneration.request = std::move(*request);
  // What follows the question belongs to it: calls of tools and their results.
  regeneration.request.lone_question = true;
  return regeneration;
}

}  // namespace chatsync
