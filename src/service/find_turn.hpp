#pragma once

#include <optional>
#include <string>

#include "service/chat_service.hpp"

namespace chatsync::service {

/// A session's turn by its id; nothing if the session has no such turn. One of our own is found by the time
/// in its id; for another program's, the session is read from its beginning. `chat` must live until it is
/// done.
AsyncResult<std::optional<Turn>> find_turn(ChatService* chat, std::string session_id, std::string turn_id);

}  // namespace chatsync::service
