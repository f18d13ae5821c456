#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "chat/conversation_store.hpp"
#include "service/conversation_extras.hpp"

namespace chatsync::http {

/// The conversation object of OpenAI's API, with what we know beside it: title, number of questions, user,
/// the time of the last turn.
void append_conversation(std::string& out, const service::Conversation& conversation);

}  // namespace chatsync::http
