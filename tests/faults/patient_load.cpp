#include "faults/patient_load.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <utility>

#include "support/eventually.hpp"
#include "support/http_client.hpp"

namespace chatsync::test {
namespace {

// Keeps a load small whose length depends on how long a recovery takes.
constexpr std::chrono::milliseconds kBetweenQuestions{2};

}  // namespace

PatientLoad::PatientLoad(PatientPlan plan) : plan_(std::move(plan)) {
  for (int number = 0; number < plan_.clients; ++number) {
    threads_.emplace_back([this, number] { run_client(static_cast<std::size_t>(number)); });
  }
}

PatientLoad::~PatientLoad() { stopping_ = true; }

void PatientLoad::await_more(std::size_t turns) const {
  const std::size_t enough = acknowledged_so_far() + turns;
  EXPECT_TRUE(eventually([&] { return acknowledged_so_far() >= enough; }));
}

PatientOutcome PatientLoad::stop() {
  stopping_ = true;
  threads_.clear();
  return std::move(outcome_);
}

void PatientLoad::run_client(std::size_t number) {
  PatientOutcome mine;
  std::size_t port = number;
  std::optional<HttpClient> client;
  for (std::size_t turn = 0; !stopping_; ++turn) {
    std::this_thread::sleep_for(kBetweenQuestions);
    const std::string question = fmt::format("{} {}-{}", plan_.tag, number, turn);
    bool asking = false;
    try {
      if (!client) client.emplace(plan_.ports[port++ % plan_.ports.size()]);
      asking = true;
      ask(*client, plan_.sessions[(number + turn) % plan_.sessions.size()], question, mine);
    } catch (const std::runtime_error&) {
      client.reset();
      if (asking) mine.unknown.push_back(question);
    }
  }
  const std::scoped_lock lock(mutex_);
  std::ranges::move(mine.acknowledged, std::back_inserter(outcome_.acknowledged));
  std::ranges::move(mine.unknown, std::back_inserter(outcome_.unknown));
  std::ranges::move(mine.wrong, std::back_inserter(outcome_.wrong));
  for (const auto& [code, times] : mine.refused) outcome_.refused[code] += times;
}

void PatientLoad::ask(HttpClient& client, const std::string& session_id, const std::string& question,
                      PatientOutcome& mine) {
  const HttpResponse response = client.post(
      "/chat", {{"session_id", session_id}, {"message", question}, {"durability", plan_.durability}});
  const boost::json::object reply = response.json().as_object();
  if (response.status == 503) {
    const std::string code(reply.at("error").at("code").as_string());
    if (code == "outcome_unknown" || code == "recorded_not_synced") return mine.unknown.push_back(question);
    ++mine.refused[code];
    ++refused_;
    return;
  }
  if (response.status != 200 || reply.at("answer").as_string() != "Echo: " + question) {
    return mine.wrong.push_back(fmt::format("{}: {} {}", question, response.status, response.body));
  }
  mine.acknowledged.push_back({.session_id = session_id,
                               .turn_id = std::string(reply.at("turn_id").as_string()),
                               .question_count = reply.at("question_count").as_int64(),
                               .question = question});
  ++acknowledged_;
}

}  // namespace chatsync::test
