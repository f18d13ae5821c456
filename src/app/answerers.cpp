#include "app/answerers.hpp"

#include <boost/asio/post.hpp>

#include "answer/echo_answerer.hpp"
#include "answer/echo_server.hpp"
#include "answer/openai_answerer.hpp"
#include "answer/openai_server.hpp"

namespace chatsync::app {

Answerers::Answerers(const Settings::Llm& settings, const Clock& clock, const std::vector<IoThread*>& workers)
    : workers_(workers) {
  for (IoThread* worker : workers) {
    if (!settings.enabled()) {
      servers_.push_back(std::make_unique<answer::EchoServer>(clock));
      answerers_.push_back(std::make_unique<answer::EchoAnswerer>());
      continue;
    }
    answer::OpenAiOptions options{.base_url = settings.base_url,
                                  .api_key = settings.api_key,
                                  .timeout = settings.timeout,
                                  .max_concurrency = (settings.max_concurrency - 1) / workers.size() + 1,
                                  .tls_ca = settings.tls_ca};
    servers_.push_back(std::make_unique<answer::OpenAiServer>(worker->executor(), std::move(options), clock));
    answerers_.push_back(std::make_unique<answer::OpenAiAnswerer>(
        *servers_.back(),
        CompletionDefaults{.model = settings.model, .system_prompt = settings.system_prompt},
        HistoryBudget{.turns = settings.history_turns, .tokens = settings.history_tokens}));
  }
}

void Answerers::stop() {
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    boost::asio::post(workers_[i]->executor(), [server = servers_[i].get()] { server->stop(); });
  }
}

}  // namespace chatsync::app
