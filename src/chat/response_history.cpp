#include "chat/response_history.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "chat/item_messages.hpp"
#include "chat/json_spans.hpp"
#include "chat/openai_ids.hpp"

namespace chatsync {
namespace {

constexpr std::size_t kBytesPerToken = 4;

/// The id of the turn that this one names as its previous one.
std::optional<std::string> previous_of(const Turn& turn) {
  const std::string_view response = value_of(members_of(turn.details), "response");
  auto name = parse_response_id(text_of(value_of(members_of(response), "previous_response_id")));
  if (!name || name->session_id != turn.session_id) return std::nullopt;
  return std::move(name->turn_id);
}

std::string call_of(const Item& item) { return text_of(value_of(members_of(item.body), "call_id")); }

/// Of the turns, what calls no function or is answered, here or by the input: servers refuse the rest.
void drop_halves_of_calls(std::vector<std::vector<Item>>& turns, const std::vector<Item>& input) {
  std::set<std::string> called;
  std::set<std::string> answered;
  const auto note = [&](const Item& item) {
    if (item.type == "function_call") called.insert(call_of(item));
    if (item.type == "function_call_output") answered.insert(call_of(item));
  };
  for (const auto& items : turns) std::ranges::for_each(items, note);
  std::ranges::for_each(input, note);
  for (auto& items : turns) {
    std::erase_if(items, [&](const Item& item) {
      if (item.type == "function_call") return !answered.contains(call_of(item));
      return item.type == "function_call_output" && !called.contains(call_of(item));
    });
  }
}

bool begins_with_output(const std::vector<Item>& items) {
  return !items.empty() && items.front().type == "function_call_output";
}

}  // namespace

std::vector<Turn> branch_of(std::vector<Turn> turns) {
  std::vector<Turn> branch;
  std::optional<std::string> wanted;
  for (auto turn = turns.rbegin(); turn != turns.rend(); ++turn) {
    if (wanted && turn->turn_id != *wanted) continue;
    wanted = previous_of(*turn);
    branch.push_back(std::move(*turn));
  }
  std::ranges::reverse(branch);
  return branch;
}

std::string history_messages(std::vector<std::vector<Item>> turns, const std::vector<Item>& input,
                             const HistoryBudget& budget) {
  drop_halves_of_calls(turns, input);
  std::vector<std::string> pieces;
  std::size_t bytes_left = budget.tokens * kBytesPerToken;
  bool needed = begins_with_output(input);
  for (auto items = turns.rbegin(); items != turns.rend(); ++items) {
    if (items->empty()) continue;
    std::string messages;
    append_messages_of_items(messages, *items);
    if (!needed && (pieces.size() >= budget.turns || messages.size() > bytes_left)) break;
    bytes_left -= std::min(bytes_left, messages.size());
    needed = begins_with_output(*items);
    pieces.push_back(std::move(messages));
  }
  std::string history;
  for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece) {
    if (!history.empty() && !piece->empty()) history += ',';
    history += *piece;
  }
  return history;
}

}  // namespace chatsync
