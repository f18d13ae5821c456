#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chat/conversation_items.hpp"

namespace chatsync {

// Items of a conversation and messages of a chat completion say the same in two ways.

/// Appends the items that a message, as JSON, stands for. `text`: the text of an answer whose message has
/// none of its own.
void append_items_of_message(std::vector<Item>& items, std::string_view message, std::string_view text = {});

/// Appends the messages that the items stand for to a list of them in JSON, in front of which another one may
/// stand. What a model server is not told (reasoning) is left out.
void append_messages_of_items(std::string& out, std::span<const Item> items);

}  // namespace chatsync
