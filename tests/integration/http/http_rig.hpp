#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "answer/echo_server.hpp"
#include "base/clock.hpp"
#include "base/one_shot.hpp"
#include "http/http_server.hpp"
#include "service/chat_service.hpp"
#include "service/completion_service.hpp"
#include "support/fakes/memory_turn_cache.hpp"
#include "support/fakes/memory_turn_store.hpp"
#include "support/fakes/no_dead_letters.hpp"
#include "support/http_client.hpp"
#include "sync/synchronizer.hpp"

namespace chatsync::http {

/// Answers `Echo: …`, but `throw` with an exception, `hold…` only once release() was called, and `later…`
/// after letting other coroutines go first.
class ScriptedAnswerer final : public Answerer {
 public:
  explicit ScriptedAnswerer(const boost::asio::any_io_executor& executor)
      : executor_(executor), released_(std::make_shared<OneShot<bool>>(executor)) {}

  bool wants_history() const override { return false; }
  AsyncResult<Answer> answer(Question question) override;

  void release() { released_->set(true); }
  std::atomic<int> holding{0};

 private:
  boost::asio::any_io_executor executor_;
  std::shared_ptr<OneShot<bool>> released_;
};

/// One thread of the server with all that belongs to it.
struct RigWorker {
  explicit RigWorker(const Clock& clock, service::ServiceMetrics& metrics)
      : synchronizer(io.get_executor(), cache, cache, store, clock, {}),
        chat(cache, store, letters, answerer, synchronizer, clock, metrics, IdGenerator()),
        model_server(clock),
        completions(io.get_executor(), chat, model_server, running, clock, {}) {
    // The synchroniser's loop, which would find out, does not run.
    synchronizer.trust().grant(cache.lineage(), synchronizer.trust().epoch());
  }

  boost::asio::io_context io{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
  test::MemoryTurnCache cache;
  test::MemoryTurnStore store;
  test::NoDeadLetters letters;
  ScriptedAnswerer answerer{io.get_executor()};
  sync::Synchronizer synchronizer;
  service::ChatService chat;
  answer::EchoServer model_server;
  service::RunningAnswers running;
  service::CompletionService completions;
  std::thread thread;
};

/// A real server on a port of its own, in front of a real service over a cache and a store in memory.
class HttpRig {
 public:
  /// Deadlines that no test reaches unless it means to, and a sweep that does not keep one waiting.
  static HttpOptions options();

  explicit HttpRig(HttpOptions given = options(), std::size_t workers = 1);
  ~HttpRig();

  test::HttpClient client() const { return test::HttpClient(port); }

  /// Runs `work` on the thread of a worker and returns when it is done.
  void on_worker(const std::function<void(RigWorker&)>& work, std::size_t index = 0);
  void release() {
    on_worker([](RigWorker& worker) { worker.answerer.release(); });
  }
  std::size_t recorded_turns();

  /// Begins to stop the server; the future is ready when it has stopped.
  std::future<void> begin_stop();
  void stop();

  std::uint16_t port = 0;
  std::vector<std::unique_ptr<RigWorker>> workers;
  std::unique_ptr<HttpServer> server;

 private:
  SystemClock clock_;
  service::ServiceMetrics metrics_;
  bool stopped_ = false;
};

/// A POST of JSON as it goes over the wire.
std::string post_bytes(const std::string& target, const std::string& body,
                       const std::string& header_lines = {});

/// `{"message":…,"session_id":…}`.
std::string chat_body(const std::string& message, const std::string& session_id = "s");

/// The answer in a reply of POST /chat.
std::string answer_of(const test::HttpResponse& response);

}  // namespace chatsync::http
