#include "answer/openai_answerer.hpp"

#include <utility>

namespace chatsync::answer {

OpenAiAnswerer::OpenAiAnswerer(ModelServer& server, CompletionDefaults defaults, HistoryBudget budget)
    : server_(server), defaults_(std::move(defaults)), budget_(budget) {}

AsyncResult<Answer> OpenAiAnswerer::answer(Question question) {
  question.history = within_budget(std::move(question.history), budget_);
  const Result<std::string> reply = co_await server_.complete(completion_request(question, defaults_));
  if (!reply) co_return std::unexpected(reply.error());
  co_return read_completion(*reply);
}

}  // namespace chatsync::answer
