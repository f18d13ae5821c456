#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/error.hpp"

namespace chatsync {

/// An answer that comes piece by piece.
class AnswerStream {
 public:
  virtual ~AnswerStream() = default;  ///< Gives up what has not come yet.

  /// The data of the next event, as sent: a `chat.completion.chunk`, or whatever else the server says in its
  /// place. Nothing: the server has said that the answer is whole, and there is no more to ask for. An error
  /// is the end too: the answer broke off. Not to be called again before it returned.
  virtual AsyncResult<std::optional<std::string>> next() = 0;

  /// Breaks the answer off: next(), also one that waits, fails with the code `cancelled`.
  virtual void cancel() = 0;
};

/// A server that answers in the form of OpenAI's API. Bodies pass through untouched. One object serves one
/// I/O thread.
///
/// Errors: `model_failed`, `model_timeout`, `model_refused`, and `overloaded` where too many requests wait
/// already. What failed before anything came of the answer has been tried again where that could help.
class ModelServer {
 public:
  virtual ~ModelServer() = default;

  /// POST /chat/completions with a body that does not ask for a stream: the body of the reply.
  virtual AsyncResult<std::string> complete(std::string body) = 0;

  /// POST /chat/completions with a body that asks for a stream. Returns when the server has begun to answer.
  virtual AsyncResult<std::unique_ptr<AnswerStream>> stream(std::string body) = 0;

  /// GET /models: the body of the reply.
  virtual AsyncResult<std::string> models() = 0;

  /// Breaks off whatever is under way, which fails with the code `cancelled`, as does what comes later.
  virtual void stop() = 0;
};

}  // namespace chatsync
