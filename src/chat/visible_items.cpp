#include "chat/visible_items.hpp"

#include <cstddef>
#include <iterator>
#include <utility>

#include "chat/feedback_json.hpp"

namespace chatsync {

std::vector<VisibleItem> visible_items(const Turn& turn, const TurnExtras* extras) {
  static const TurnExtras kNothingDone;
  if (extras == nullptr) extras = &kNothingDone;
  TurnItems items = items_of(turn);
  const std::string sibling_id = active_sibling(*extras);
  Turn answer = turn;
  take_active_answer(answer, *extras);
  if (!sibling_id.empty()) {
    // The question is the turn's own; of a sibling only its answer counts.
    TurnItems of_sibling = items_of(answer);
    items.items.resize(items.input_count);
    std::move(of_sibling.items.begin() + static_cast<std::ptrdiff_t>(of_sibling.input_count),
              of_sibling.items.end(), std::back_inserter(items.items));
  }
  std::vector<VisibleItem> visible;
  for (std::size_t index = 0; index < items.items.size(); ++index) {
    VisibleItem next{.place = {.turn_id = turn.turn_id}, .asked = index < items.input_count};
    std::size_t place = index;
    if (!next.asked && !sibling_id.empty()) {
      next.place.sibling_id = sibling_id;
      place = index - items.input_count + 1;
    }
    next.place.item = static_cast<std::int64_t>(place);
    const ItemMark* mark = find_mark(*extras, next.place.sibling_id, next.place.item);
    if (mark != nullptr && mark->deleted) continue;
    if (mark != nullptr) next.feedback = mark->feedback;
    const std::string& named = next.place.sibling_id.empty() ? turn.turn_id : sibling_id;
    next.id = item_id(items.items[index], named, place);
    next.status = item_status(answer, items, index);
    next.item = std::move(items.items[index]);
    visible.push_back(std::move(next));
  }
  return visible;
}

void append_item(std::string& out, const VisibleItem& item) {
  append_item(out, item.item, item.id, item.status);
  if (!item.feedback) return;
  out.back() = ',';
  out += "\"feedback\":";
  append_feedback(out, &*item.feedback);
  out += '}';
}

}  // namespace chatsync
