#include "test_cache/sender.hpp"

#include <atomic>
#include <chrono>
#include <latch>
#include <thread>
#include <utility>

#include "test_cache/api_client.hpp"
#include "test_cache/questions.hpp"

namespace chatsync::test_cache {

namespace {

constexpr std::chrono::milliseconds kRedrawInterval{80};

}  // namespace

ClientLog send_questions(const Options& options, std::int64_t client, ProgressBoard& board) {
  using SteadyClock = std::chrono::steady_clock;
  ApiClient api{options.url, options.key};
  ClientLog log{.client = client};
  const auto row = static_cast<std::size_t>(client - 1);
  std::optional<std::string> session = options.session;
  for (std::int64_t message = 1; message <= options.messages; ++message) {
    if (message > 1) {
      std::this_thread::sleep_for(options.delay);
    }
    std::string question = question_text(client, message);
    ++log.sent;
    const auto begin = SteadyClock::now();
    auto reply = api.chat(session, options.user, question);
    const auto latency = std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - begin);
    if (!reply) {
      const bool gives_up = reply.error().kind != ApiError::Kind::status;
      log.failed.push_back(
          {.message = message, .question = std::move(question), .error = std::move(reply).error()});
      board.failed(row, gives_up);
      if (gives_up) {
        break;
      }
      continue;
    }
    if (!session) {
      session = reply->session_id;
    }
    log.latencies.push_back(latency);
    log.acknowledged.push_back(
        {.message = message, .question = std::move(question), .reply = std::move(*reply)});
    board.acknowledged(row, *session, latency);
  }
  return log;
}

std::vector<ClientLog> send_in_parallel(const Options& options, ProgressBoard& board) {
  std::vector<ClientLog> logs(static_cast<std::size_t>(options.parallel));
  std::latch unfinished{options.parallel};
  std::vector<std::jthread> threads;
  threads.reserve(logs.size());
  for (std::size_t index = 0; index < logs.size(); ++index) {
    threads.emplace_back([&, index] {
      logs[index] = send_questions(options, static_cast<std::int64_t>(index) + 1, board);
      unfinished.count_down();
    });
  }
  while (!unfinished.try_wait()) {
    board.draw();
    std::this_thread::sleep_for(kRedrawInterval);
  }
  board.draw();
  return logs;
}

}  // namespace chatsync::test_cache
