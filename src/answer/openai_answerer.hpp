#pragma once

#include "chat/answerer.hpp"
#include "chat/completion_json.hpp"
#include "chat/model_server.hpp"

namespace chatsync::answer {

/// Has a model server answer, with as much of the session's past before the question as the budget allows.
class OpenAiAnswerer final : public Answerer {
 public:
  /// `server` must outlive it.
  OpenAiAnswerer(ModelServer& server, CompletionDefaults defaults, HistoryBudget budget);

  bool wants_history() const override { return budget_.turns > 0; }
  AsyncResult<Answer> answer(Question question) override;

 private:
  ModelServer& server_;
  CompletionDefaults defaults_;
  HistoryBudget budget_;
};

}  // namespace chatsync::answer
