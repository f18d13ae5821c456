#pragma once

#include <string>

#include "chat/conversation_store.hpp"

namespace chatsync {

/// What was said of an item, as the API shows it; null if nothing was.
void append_feedback(std::string& out, const ItemFeedback* feedback);

}  // namespace chatsync
