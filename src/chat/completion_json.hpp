#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "chat/answerer.hpp"
#include "chat/turn.hpp"

namespace chatsync {

/// What goes beside question and history into a request of our own making.
struct CompletionDefaults {
  std::string model;          ///< Empty: left out.
  std::string system_prompt;  ///< Empty: left out.
  bool stream = false;        ///< Asks for a stream instead of a whole answer.
};

/// How much of a session's past goes before a question.
struct HistoryBudget {
  std::size_t turns = 10;
  std::size_t tokens = 8'000;  ///< A token is counted as four bytes.
};

/// The latest of `history` (oldest first) that the budget allows, oldest first. Turns without an answer, as
/// those that only called tools, are left out: a model does not take them.
std::vector<Turn> within_budget(std::vector<Turn> history, const HistoryBudget& budget);

/// The body of a request to POST /chat/completions that asks this question.
std::string completion_request(const Question& question, const CompletionDefaults& defaults);

/// Reads a `chat.completion`. Its first choice is the answer. `model_failed` if the text is none.
Result<Answer> read_completion(std::string_view body);

}  // namespace chatsync
