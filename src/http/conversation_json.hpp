#pragma once

#include <string>

#include "service/conversation_service.hpp"

namespace chatsync::http {

/// The conversation object of OpenAI's API, with what we know beside it: title, number of questions, user,
/// the time of the last turn.
void append_conversation(std::string& out, const service::Conversation& conversation);

}  // namespace chatsync::http
