#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "chat/item_turns.hpp"

namespace chatsync {

/// A conversation to be made.
struct ConversationRequest {
  std::vector<ItemTurn> turns;  ///< Of its `items`; empty if none are given.
  std::string metadata;         ///< A JSON object; empty if none is given.
  std::string title;
  std::string user = "1";
};

/// The body of POST /v1/conversations; white space for none. `invalid_argument` names the field at fault.
Result<ConversationRequest> read_conversation_request(std::string_view body);

/// The body of POST /v1/conversations/{id}/items, where items are required.
Result<std::vector<ItemTurn>> read_items_request(std::string_view body);

/// What is to be said of a conversation: one of them at least.
struct ConversationUpdate {
  std::optional<std::string> title;     ///< Not empty.
  std::optional<std::string> metadata;  ///< A JSON object.
};

/// The body of POST /v1/conversations/{id}.
Result<ConversationUpdate> read_conversation_update(std::string_view body);

}  // namespace chatsync
