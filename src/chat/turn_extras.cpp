#include "chat/turn_extras.hpp"

#include <algorithm>

namespace chatsync {

const TurnExtras* find_extras(std::span<const TurnExtras> extras, std::string_view turn_id) {
  const auto found = std::ranges::find(extras, turn_id, &TurnExtras::turn_id);
  return found == extras.end() ? nullptr : &*found;
}

void take_active_answer(Turn& turn, const TurnExtras& extras) {
  if (extras.siblings.empty()) return;
  const SiblingAnswer& newest = extras.siblings.back();
  turn.answer = newest.answer;
  turn.status = newest.status;
  turn.model = newest.model;
  turn.details = newest.details;
}

std::string active_sibling(const TurnExtras& extras) {
  return extras.siblings.empty() ? std::string() : extras.siblings.back().sibling_id;
}

const ItemMark* find_mark(const TurnExtras& extras, std::string_view sibling_id, std::int64_t item) {
  const auto found = std::ranges::find_if(extras.marks, [&](const ItemMark& mark) {
    return mark.place.item == item && mark.place.sibling_id == sibling_id;
  });
  return found == extras.marks.end() ? nullptr : &*found;
}

std::vector<Turn> as_history(std::vector<Turn> turns, std::span<const TurnExtras> extras) {
  std::erase_if(turns, [&](Turn& turn) {
    const TurnExtras* own = find_extras(extras, turn.turn_id);
    if (own == nullptr) return false;
    take_active_answer(turn, *own);
    const std::string shown = active_sibling(*own);
    return std::ranges::any_of(own->marks, [&](const ItemMark& mark) {
      const bool is_shown =
          mark.place.item == 0 ? mark.place.sibling_id.empty() : mark.place.sibling_id == shown;
      return mark.deleted && is_shown;
    });
  });
  return turns;
}

}  // namespace chatsync
