#include "chat/visible_items.hpp"

#include <utility>

#include "chat/feedback_json.hpp"
namespace chatsync {

std::vector<VisibleItem> visible_items(const Turn& turn, const TurnExtras* extras) {
  static const TurnExtras kNothingDone;
  if (extras == nullptr) extras = &kNothingDone;
  Turn shown = turn;
  take_active_answer(shown, *extras);
  const std::string sibling_id = active_sibling(*extras);
  TurnItems items = items_of(shown);
  std::vector<VisibleItem> visible;
  for (std::size_t place = 0; place < items.items.size(); ++place) {
    const bool asked = place < items.input_count;
    VisibleItem next{.place = {.turn_id = turn.turn_id, .item = static_cast<std::int64_t>(place)},
                     .asked = asked};
    if (!asked) next.place.sibling_id = sibling_id;
    const ItemMark* mark = find_mark(*extras, next.place.sibling_id, next.place.item);
    if (mark != nullptr && mark->deleted) continue;
    if (mark != nullptr) next.feedback = mark->feedback;
    const bool of_sibling = !next.place.sibling_id.empty();
    next.id = item_id(items.items[place], of_sibling ? sibling_id : turn.turn_id, place);
    next.status = item_status(shown, items, place);
    next.item = std::move(items.items[place]);
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
