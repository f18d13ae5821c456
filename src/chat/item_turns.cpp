#include "chat/item_turns.hpp"

#include <algorithm>
#include <utility>

namespace chatsync {
namespace {

bool is_user(const Item& item) { return item.type == "message" && item.role == "user"; }

ItemTurn turn_of(const std::vector<Item>& input, const std::vector<Item>& output) {
  ItemTurn turn{.question = text_of(input.back()), .answer = {}, .details = {}};
  for (const Item& item : output) {
    if (item.role != "assistant") continue;
    if (!turn.answer.empty()) turn.answer += '\n';
    turn.answer += text_of(item);
  }
  const bool plain_input = input.size() == 1 && input.front().body == user_message(turn.question).body;
  const bool plain_output =
      output.empty() || (output.size() == 1 && output.front().body == assistant_message(turn.answer).body &&
                         !turn.answer.empty());
  if (!plain_input) turn.details = items_member("input", input);
  if (!plain_output) {
    if (!turn.details.empty()) turn.details += ',';
    turn.details += items_member("output", output);
  }
  if (!turn.details.empty()) turn.details = "{" + turn.details + "}";
  return turn;
}

}  // namespace

Result<std::vector<ItemTurn>> turns_of_items(const std::vector<Item>& items) {
  std::vector<ItemTurn> turns;
  auto begin = items.begin();
  auto question = std::find_if(begin, items.end(), is_user);
  if (question == items.end()) {
    return fail(ErrorKind::invalid_argument,
                "none of the items is a message of the user: a turn begins with one", "invalid_value",
                "items");
  }
  while (question != items.end()) {
    const auto next = std::find_if(question + 1, items.end(), is_user);
    turns.push_back(turn_of({begin, question + 1}, {question + 1, next}));
    begin = question = next;
  }
  return turns;
}

}  // namespace chatsync
