#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "chat/conversation_items.hpp"

namespace chatsync {

/// What a turn is recorded with that a client adds to a conversation.
struct ItemTurn {
  std::string question;
  std::string answer;
  std::string details;  ///< As in Turn; empty where question and answer say all.
};

/// The turns that items make: each message of the user with what follows it up to the next one. What stands
/// before the first message of the user goes with it. `invalid_argument` if there is none.
Result<std::vector<ItemTurn>> turns_of_items(const std::vector<Item>& items);

}  // namespace chatsync
