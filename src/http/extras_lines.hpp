#pragma once

#include <string>

#include "chat/conversation_store.hpp"

namespace chatsync::http {

/// What was done to a turn after it was recorded, as lines of an export: one for each item that was marked
/// and for each sibling answer.
void append_extras_lines(std::string& out, const std::string& session_id, const TurnExtras& extras);

}  // namespace chatsync::http
