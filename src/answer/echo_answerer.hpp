#pragma once

#include "chat/answerer.hpp"

namespace chatsync::answer {

/// Answers each question with itself, behind the word "Echo": the same question always gets the same answer,
/// at once, so that what is stored can be checked and what chatsync costs can be timed.
class EchoAnswerer final : public Answerer {
 public:
  bool wants_history() const override { return false; }
  AsyncResult<Answer> answer(Question question) override;
};

}  // namespace chatsync::answer
