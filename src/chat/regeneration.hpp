#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "chat/completion_request.hpp"
#include "chat/conversation_items.hpp"
#include "chat/turn.hpp"

namespace chatsync {

/// What asks a model for another answer to the question of a turn, after the messages of `history` (JSON,
/// with commas between). `model` and `instructions` (a system message that goes first) may be empty; without
/// any, the instructions are those that the turn was asked with through the Responses API.
Result<CompletionRequest> regeneration_request(const Turn& turn, const std::vector<Item>& question,
                                               std::string_view history, std::string_view model,
                                               std::string_view instructions);

/// The members of the turn's details that are about its question, as JSON, for the details of another answer.
std::string question_details(const Turn& turn);

}  // namespace chatsync
