#pragma once

#include <optional>
#include <string>
#include <vector>

#include "chat/conversation_items.hpp"
#include "chat/turn_extras.hpp"

namespace chatsync {

/// An item of a conversation as it is shown to clients and told to model servers.
struct VisibleItem {
  std::string id;
  Item item;
  std::string_view status;  ///< Static text.
  ItemPlace place;
  bool asked = false;  ///< It belongs to the question; else to the answer.
  std::optional<ItemFeedback> feedback;
};

/// The items of a turn, oldest first: those of its newest answer, without the deleted ones. `extras`: what
/// was done to the turn; null if nothing was. The items of a sibling answer bear its id, the first one
/// place 1.
std::vector<VisibleItem> visible_items(const Turn& turn, const TurnExtras* extras = nullptr);

void append_item(std::string& out, const VisibleItem& item);

}  // namespace chatsync
