#include "support/recorded_load.hpp"

#include <fmt/format.h>

#include <exception>
#include <utility>

namespace chatsync::test {
namespace {

constexpr std::chrono::milliseconds kAfterFailure{5};

// Every question ends in another length, and holds characters of one to four bytes.
std::string question_text(const std::string& tag, int client, std::size_t number) {
  return fmt::format("{} {}-{} Xin chào, 世界 🚀{}", tag, client, number, std::string(number * 7 % 90, '.'));
}

}  // namespace

struct RecordedLoad::Client {
  int number = 0;
  std::size_t instance = 0;
  std::optional<HttpClient> connection{};
};

RecordedLoad::RecordedLoad(RecordedLoadPlan plan)
    : plan_(std::move(plan)), ports_(plan_.ports.size()), running_(plan_.clients) {
  for (std::size_t i = 0; i < ports_.size(); ++i) ports_[i] = plan_.ports[i];
  for (int number = 0; number < plan_.clients; ++number) {
    threads_.emplace_back([this, number](const std::stop_token& stop) {
      run_client(stop, number);
      --running_;
    });
  }
}

std::vector<Call> RecordedLoad::finish() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
  return history_.calls();
}

void RecordedLoad::run_client(const std::stop_token& stop, int number) {
  const auto index = static_cast<std::size_t>(number);
  Client client{.number = number, .instance = index % ports_.size()};
  std::vector<Call> calls;
  for (std::size_t turn = 0; !stop.stop_requested() && (plan_.turns == 0 || turn < plan_.turns); ++turn) {
    Call& call = calls.emplace_back(Call{.session_id = plan_.sessions[(index + turn) % plan_.sessions.size()],
                                         .question = question_text(plan_.tag, number, turn),
                                         .client = number});
    const std::size_t call_number = index + turn;
    const bool synced =
        plan_.synced_every > 0 && call_number % static_cast<std::size_t>(plan_.synced_every) == 0;
    ask(client, call, synced);
    if (call.acknowledged()) ++acknowledged_;
    pause(stop, call.acknowledged() ? plan_.pause : kAfterFailure);
  }
  history_.add(std::move(calls));
}

void RecordedLoad::ask(Client& client, Call& call, bool synced) {
  call.invoked = Call::Clock::now();
  bool sent = false;
  try {
    if (!client.connection) {
      client.connection.emplace(ports_[client.instance], "127.0.0.1", plan_.time_out);
    }
    sent = true;
    const HttpResponse response =
        client.connection->post("/chat", {{"session_id", call.session_id},
                                          {"message", call.question},
                                          {"durability", synced ? "synced" : "cached"}});
    read_reply(call, response.status, response.body);
    if (response.header("connection") == "close") client.connection.reset();
  } catch (const std::exception& broken) {
    call.outcome = sent ? CallOutcome::unknown : CallOutcome::failed;
    call.error = call.code = broken.what();
    client.connection.reset();
    client.instance = (client.instance + 1) % ports_.size();
  }
  call.returned = Call::Clock::now();
}

void RecordedLoad::pause(const std::stop_token& stop, std::chrono::milliseconds time) {
  if (time == std::chrono::milliseconds(0)) return;
  std::unique_lock lock(mutex_);
  stopped_.wait_for(lock, stop, time, [] { return false; });
}

}  // namespace chatsync::test
