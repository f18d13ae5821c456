#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "chat/turn.hpp"

namespace chatsync {

/// The texts belong to whoever asks, and must outlive the answer.
struct Question {
  std::string_view session_id;
  std::string_view user_id;
  std::string_view text;
  std::vector<Turn> history;  ///< The latest turns, oldest first; empty unless the answerer wants it.
};

struct Answer {
  std::string text;
  std::string model;
  std::string
      finish_reason;  ///< As the model server gives it: `stop`, `length`, `tool_calls`, …; may be empty.
  std::optional<std::int64_t> prompt_tokens;
  std::optional<std::int64_t> completion_tokens;
  /// The whole message of the assistant as JSON, where there is more to it than its text; else empty.
  std::string message;
};

/// Whoever answers the questions. One object serves one I/O thread.
class Answerer {
 public:
  virtual ~Answerer() = default;

  /// Whether answers depend on the history; where they do not, no round trip is spent on reading it.
  virtual bool wants_history() const = 0;

  virtual AsyncResult<Answer> answer(Question question) = 0;
};

}  // namespace chatsync
