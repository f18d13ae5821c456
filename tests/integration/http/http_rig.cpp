#include "integration/http/http_rig.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json.hpp>
#include <stdexcept>
#include <utility>

namespace chatsync::http {

namespace asio = boost::asio;

AsyncResult<Answer> ScriptedAnswerer::answer(Question question) {
  if (question.text == "throw") throw std::runtime_error("told to throw");
  if (question.text.starts_with("hold")) {
    const auto released = released_;
    ++holding;
    co_await released->wait();
  }
  if (question.text.starts_with("later")) {
    const std::size_t rounds = question.text.back() % 8;
    for (std::size_t i = 0; i < rounds; ++i) co_await asio::post(executor_, asio::use_awaitable);
  }
  co_return Answer{.text = "Echo: " + std::string(question.text), .model = "echo"};
}

HttpOptions HttpRig::options() {
  HttpOptions options;
  options.max_header_bytes = 4096;
  options.max_body_bytes = 1024 * 1024;
  options.header_timeout = options.body_timeout = options.idle_timeout = options.write_timeout =
      std::chrono::minutes(10);
  options.sweep_interval = std::chrono::milliseconds(5);
  return options;
}

HttpRig::HttpRig(HttpOptions given, std::size_t worker_count) {
  std::vector<HttpWorker> http_workers;
  for (std::size_t i = 0; i < worker_count; ++i) {
    workers.push_back(std::make_unique<RigWorker>(clock_, metrics_));
    http_workers.push_back(
        {workers.back()->io.get_executor(), &workers.back()->chat, &workers.back()->completions});
  }
  const MetricsSources sources{.service = &metrics_,
                               .sync = &workers.front()->synchronizer.metrics(),
                               .backlog = &workers.front()->synchronizer.backlog()};
  server = std::make_unique<HttpServer>(std::move(given), std::move(http_workers), clock_, sources);
  const auto listening = server->listen();
  if (!listening) throw std::runtime_error(listening.error().message);
  port = *listening;
  server->start();
  for (const auto& worker : workers) worker->thread = std::thread([&io = worker->io] { io.run(); });
}

HttpRig::~HttpRig() {
  for (std::size_t i = 0; i < workers.size(); ++i) {
    on_worker([](RigWorker& worker) { worker.answerer.release(); }, i);
  }
  if (!stopped_) {
    auto stopped = begin_stop();
    server->force_close();
    stopped.get();
  }
  for (const auto& worker : workers) worker->work.reset();
  for (const auto& worker : workers) worker->thread.join();
  server.reset();
}

void HttpRig::on_worker(const std::function<void(RigWorker&)>& work, std::size_t index) {
  RigWorker& worker = *workers.at(index);
  std::promise<void> done;
  asio::post(worker.io, [&] {
    work(worker);
    done.set_value();
  });
  done.get_future().get();
}

std::size_t HttpRig::recorded_turns() {
  std::size_t count = 0;
  for (std::size_t i = 0; i < workers.size(); ++i) {
    on_worker(
        [&](RigWorker& worker) {
          for (const auto& [id, state] : worker.cache.sessions) count += state.pending.size();
        },
        i);
  }
  return count;
}

std::future<void> HttpRig::begin_stop() {
  stopped_ = true;
  return asio::co_spawn(workers.back()->io, server->stop(), asio::use_future);
}

void HttpRig::stop() { begin_stop().get(); }

std::string post_bytes(const std::string& target, const std::string& body, const std::string& header_lines) {
  return "POST " + target + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" + header_lines +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string chat_body(const std::string& message, const std::string& session_id) {
  return boost::json::serialize(boost::json::object{{"message", message}, {"session_id", session_id}});
}

std::string answer_of(const test::HttpResponse& response) {
  return std::string(response.json().at("answer").as_string());
}

}  // namespace chatsync::http
