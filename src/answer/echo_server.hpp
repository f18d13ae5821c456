#pragma once

#include "base/clock.hpp"
#include "chat/model_server.hpp"

namespace chatsync::answer {

/// The echo in the form of OpenAI's API: answers the last message of the user with itself, behind the word
/// "Echo". A stream has a chunk for each word. A token is counted as four bytes.
class EchoServer final : public ModelServer {
 public:
  /// `clock` must outlive it.
  explicit EchoServer(const Clock& clock) : clock_(clock) {}

  AsyncResult<std::string> complete(std::string body) override;
  AsyncResult<std::unique_ptr<AnswerStream>> stream(std::string body) override;
  AsyncResult<std::string> models() override;
  void stop() override {}

 private:
  const Clock& clock_;
};

}  // namespace chatsync::answer
