#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "chat/conversation_request.hpp"
#include "chat/conversation_store.hpp"
#include "chat/visible_items.hpp"
#include "service/chat_service.hpp"
#include "service/conversation_extras.hpp"

namespace chatsync::service {

/// Which items of a list to read.
struct ItemPage {
  std::size_t limit = 20;
  bool ascending = false;            ///< Oldest first; else newest first.
  std::optional<std::string> after;  ///< The id of the item before the page, in its order.
};

struct ItemList {
  std::vector<VisibleItem> items;
  bool has_more = false;
};

/// A page of items that are all at hand, oldest first. `not_found` if `page.after` is none of them.
Result<ItemList> page_of(std::vector<VisibleItem> items, const ItemPage& page);

/// OpenAI's Conversations API: a conversation is a session, and its items are those of its turns, wherever
/// they were recorded. `not_found` for a session, and for an item, that there is not.
/// One object an I/O thread; the references must outlive it.
class ConversationService {
 public:
  ConversationService(ChatService& chat, ConversationExtras& extras, ConversationStore& store);

  /// A new session. After an error there may be one, with some of the turns.
  AsyncResult<Conversation> create(ConversationRequest request);

  AsyncResult<Conversation> find(std::string session_id) {
    return extras_.conversation(std::move(session_id));
  }

  /// Sets title and metadata, each if it is given.
  AsyncResult<Conversation> update(std::string session_id, ConversationUpdate update);

  /// Records the turns, one after the other, and returns their items. After an error the turns before the one
  /// at fault are recorded.
  AsyncResult<std::vector<VisibleItem>> add(std::string session_id, std::vector<ItemTurn> turns);

  AsyncResult<ItemList> items(std::string session_id, ItemPage page);

  AsyncResult<VisibleItem> item(std::string session_id, std::string item_id);

  /// Deletes an item for good. Its turn stays and counts.
  AsyncResult<Conversation> delete_item(std::string session_id, std::string item_id);

 private:
  /// A turn with what was done to it.
  struct ItemsOfTurn {
    std::vector<VisibleItem> items;
    std::int64_t timestamp_us = 0;
  };

  /// The turn that has the item, also where a sibling answer has it; `param` names the item's id in a
  /// failure.
  AsyncResult<ItemsOfTurn> turn_of_item(std::string session_id, std::string item_id, std::string param);
  /// The items of turns of one session, oldest first.
  AsyncResult<std::vector<VisibleItem>> items_of_turns(std::string session_id, std::vector<Turn> turns);

  ChatService& chat_;
  ConversationExtras& extras_;
  ConversationStore& store_;
};

}  // namespace chatsync::service
