#include "support/chat_load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "support/http_client.hpp"

namespace chatsync::test {

ChatLoad::ChatLoad(LoadPlan plan) : plan_(std::move(plan)), running_(plan_.clients) {
  for (int number = 0; number < plan_.clients; ++number) {
    threads_.emplace_back([this, number] {
      run_client(number);
      --running_;
    });
  }
}

ChatLoad::~ChatLoad() = default;

LoadOutcome ChatLoad::join() {
  threads_.clear();
  return std::move(outcome_);
}

void ChatLoad::run_client(int number) {
  const auto index = static_cast<std::size_t>(number);
  const std::string& session_id = plan_.sessions[index % plan_.sessions.size()];
  LoadOutcome mine;
  std::string question;
  try {
    HttpClient client(plan_.ports[index % plan_.ports.size()]);
    for (int turn = 0; turn < plan_.turns_per_client; ++turn) {
      question = fmt::format("{} {}-{}", plan_.tag, number, turn);
      const HttpResponse response = client.post("/chat", {{"session_id", session_id}, {"message", question}});
      const std::string asked = std::exchange(question, {});
      if (response.status != 200) {
        mine.wrong.push_back(fmt::format("{}: {} {}", asked, response.status, response.body));
        continue;
      }
      const boost::json::object reply = response.json().as_object();
      if (reply.at("answer").as_string() != "Echo: " + asked ||
          reply.at("session_id").as_string() != session_id) {
        mine.wrong.push_back(fmt::format("{}: {}", asked, response.body));
        continue;
      }
      mine.acknowledged.push_back({.session_id = session_id,
                                   .turn_id = std::string(reply.at("turn_id").as_string()),
                                   .question_count = reply.at("question_count").as_int64(),
                                   .question = asked});
      ++acknowledged_;
    }
  } catch (const std::runtime_error&) {
    if (!question.empty()) mine.unanswered.push_back(question);
  }
  const std::scoped_lock lock(mutex_);
  std::ranges::move(mine.acknowledged, std::back_inserter(outcome_.acknowledged));
  std::ranges::move(mine.unanswered, std::back_inserter(outcome_.unanswered));
  std::ranges::move(mine.wrong, std::back_inserter(outcome_.wrong));
}

}  // namespace chatsync::test
