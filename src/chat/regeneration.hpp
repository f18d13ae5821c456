#pragma once

#include <string>

#include "base/error.hpp"
#include "chat/completion_request.hpp"
#include "chat/turn.hpp"

namespace chatsync {

/// What asks a model for another answer to a question that has been answered.
struct Regeneration {
  CompletionRequest request;  ///< Takes a history before its question, as one that is asked alone.
  std::string asked;          ///< As in the turn's details: for those of the new answer. May be empty.
};

/// Asks the turn's question again, with all that the client sent with it. `model` and `instructions` (a
/// system message that goes first) may be empty. `internal` if the turn's details cannot be asked again.
Result<Regeneration> regeneration_of(const Turn& turn, const std::string& model,
                                     const std::string& instructions);

}  // namespace chatsync
