// Start: threads, backends, synchroniser, HTTP; each failure on the way is one line and exit 2. Stop: the
// reverse. Objects are declared in the order of their dependence, so that each outlives what refers to it.
#include "app/serve.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "app/answerers.hpp"
#include "app/backends.hpp"
#include "app/exit_codes.hpp"
#include "app/io_thread.hpp"
#include "app/shutdown.hpp"
#include "base/log.hpp"
#include "http/http_server.hpp"
#include "service/chat_service.hpp"
#include "service/completion_service.hpp"
#include "service/conversation_extras.hpp"
#include "sync/search_indexer.hpp"
#include "sync/synchronizer.hpp"

namespace chatsync::app {
namespace {

std::size_t worker_count(const Settings::Http& http) {
  if (http.threads > 0) return http.threads;
  // The other cores are for Redis and MySQL, which usually share the machine, and for the synchroniser.
  return std::clamp<std::size_t>(std::thread::hardware_concurrency() / 2, 1, 8);
}

int cannot_start(const Error& error) {
  fmt::print(stderr, "chatsync: {}\n", error.message);
  return kExitCannotStart;
}

/// Every connection is a file descriptor; the soft limit is often 1,024.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// Waits for the first SIGINT or SIGTERM; the second ends the process at once, wherever the shutdown stands.
boost::asio::awaitable<void> watch_signals(std::shared_ptr<boost::asio::signal_set> signals,
                                           std::shared_ptr<std::promise<int>> first) {
  first->set_value(co_await signals->async_wait(boost::asio::use_awaitable));
  const int second = co_await signals->async_wait(boost::asio::use_awaitable);
  fmt::print(stderr, "chatsync: second signal; ending at once, without waiting for the last sync\n");
  std::_Exit(128 + second);
}

/// Ends when no streamed answer is under way on any worker.
boost::asio::awaitable<void> streams_ended(
    std::vector<IoThread*> workers,
    const std::vector<std::unique_ptr<service::CompletionService>>* completions) {
  for (std::size_t i = 0; i < workers.size(); ++i) {
    co_await boost::asio::co_spawn(workers[i]->executor(), (*completions)[i]->finished(),
                                   boost::asio::use_awaitable);
  }
}

void print_start_lines(const Settings& settings, Backends& backends, std::uint16_t port) {
  const bool ipv6 = settings.http.host.find(':') != std::string::npos;
  const std::string host = ipv6 ? "[" + settings.http.host + "]" : settings.http.host;
  const bool wildcard = settings.http.host == "0.0.0.0" || settings.http.host == "::";
  fmt::print("chatsync listens on http://{}:{} (cache: {}, store: {}, data: {})\n", host, port,
             backends.cache(0).kind(), backends.store().kind(), settings.data_dir.string());
  if (!settings.redis.enabled() || !settings.mysql.enabled()) {
    fmt::print("its data lies in {}\n",
               std::filesystem::absolute(settings.data_dir).lexically_normal().string());
  }
  fmt::print(
      "try: curl -s http://{}:{}/chat{} -H 'Content-Type: application/json' -d '{{\"message\": \"Xin "
      "chào!\"}}'\n",
      wildcard ? "127.0.0.1" : host, port,
      settings.http.wants_keys() ? " -H \"Authorization: Bearer $CHATSYNC_API_KEY\"" : "");
  std::fflush(stdout);
}

}  // namespace

int serve(const Settings& settings) {
  std::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  const SystemClock clock;
  service::ServiceMetrics metrics;

  Result<http::HttpOptions> http_options = http::http_options_from(settings);
  if (!http_options) return cannot_start(http_options.error());

  IoThread control;
  IoThread sync_thread;
  std::vector<std::unique_ptr<IoThread>> worker_threads;
  std::vector<IoThread*> workers;
  workers.reserve(worker_count(settings.http));
  for (std::size_t i = 0; i < worker_count(settings.http); ++i) {
    workers.push_back(worker_threads.emplace_back(std::make_unique<IoThread>()).get());
  }
  Result<std::unique_ptr<Backends>> opened = open_backends(settings, clock, workers, sync_thread);
  if (!opened) return cannot_start(opened.error());
  Backends& backends = **opened;

  sync::Synchronizer synchronizer(
      sync_thread.executor(), backends.sync_cache(), backends.pending(), backends.store(), clock,
      {.interval = settings.sync.interval,
       .batch_turns = settings.sync.batch_turns,
       .connections = settings.sync.connections,
       .watermark = settings.sync.watermark,
       .sweep_interval = settings.sync.sweep_interval,
       .limits = {.turns = settings.sync.max_pending_turns,
                  .bytes = settings.sync.max_pending_bytes,
                  .age = std::chrono::duration_cast<std::chrono::seconds>(settings.sync.max_pending_age)}});
  Answerers answerers(settings.llm, clock, workers);
  service::RunningAnswers running;
  service::SessionQueues queues(clock);
  std::vector<std::unique_ptr<service::TurnRules>> rules;
  std::vector<std::unique_ptr<service::ChatService>> services;
  std::vector<std::unique_ptr<service::CompletionService>> completions;
  std::vector<std::unique_ptr<service::ResponseService>> responses;
  std::vector<std::unique_ptr<service::ConversationService>> conversations;
  const HistoryBudget history{.turns = settings.llm.history_turns, .tokens = settings.llm.history_tokens};
  std::vector<std::unique_ptr<service::ConversationExtras>> extras;
  std::vector<http::HttpWorker> http_workers;
  for (std::size_t i = 0; i < workers.size(); ++i) {
    services.push_back(std::make_unique<service::ChatService>(backends.cache(i), backends.store(),
                                                              backends.dead_letters(), answerers.answerer(i),
                                                              synchronizer, clock, metrics, IdGenerator()));
    rules.push_back(std::make_unique<service::TurnRules>(
        workers[i]->executor(), *services.back(), backends.claims(i), backends.locks(i), queues, running,
        clock,
        service::TurnRulesOptions{.immediate = !settings.llm.enabled(), .wait = settings.session_wait}));
    completions.push_back(std::make_unique<service::CompletionService>(
        workers[i]->executor(), *services.back(), answerers.server(i), running, clock,
        service::CompletionOptions{.history = history,
                                   .default_model = settings.llm.model,
                                   .system_prompt = settings.llm.system_prompt,
                                   .rules = rules.back().get()}));
    responses.push_back(std::make_unique<service::ResponseService>(
        *services.back(), *completions.back(), running, backends.conversations(), clock, history));
    extras.push_back(std::make_unique<service::ConversationExtras>(*services.back(), *completions.back(),
                                                                   backends.conversations(), clock,
                                                                   IdGenerator(), settings.search_index));
    conversations.push_back(std::make_unique<service::ConversationService>(*services.back(), *extras.back(),
                                                                           backends.conversations()));
    http_workers.push_back({.executor = workers[i]->executor(),
                            .chat = services.back().get(),
                            .completions = completions.back().get(),
                            .responses = responses.back().get(),
                            .conversations = conversations.back().get(),
                            .extras = extras.back().get()});
  }
  http::HttpServer server(
      std::move(*http_options), http_workers, clock,
      {.service = &metrics, .sync = &synchronizer.metrics(), .backlog = &synchronizer.backlog()});
  const Result<std::uint16_t> port = server.listen();
  if (!port) return cannot_start(port.error());

  // Registered before the first turn can be accepted: a signal from here on means a shutdown with a last
  // drain.
  const auto signals = std::make_shared<boost::asio::signal_set>(control.executor(), SIGINT, SIGTERM);
  const auto first_signal = std::make_shared<std::promise<int>>();
  [[maybe_unused]] const std::future<void> signals_watched =
      control.spawn(watch_signals(signals, first_signal));
  std::future<void> synchronizer_ended = sync_thread.spawn(synchronizer.run());
  sync::SearchIndexer indexer(
      sync_thread.executor(),
      [&store = backends.conversations()](std::size_t limit) { return store.index_turns(limit); }, clock);
  std::future<void> indexer_ended;
  if (settings.search_index) indexer_ended = sync_thread.spawn(indexer.run());
  server.start();
  print_start_lines(settings, backends, *port);

  const int signal = first_signal->get_future().get();
  log_info("{}: stopping; answering what is in flight, then syncing once more, within {} s",
           signal == SIGINT ? "SIGINT" : "SIGTERM",
           std::chrono::duration_cast<std::chrono::seconds>(settings.shutdown_timeout).count());
  indexer.stop();
  const ShutdownOutcome outcome = shut_down({.server = server,
                                             .answerers = answerers,
                                             .streams_ended = streams_ended(workers, &completions),
                                             .control = control,
                                             .synchronizer = synchronizer,
                                             .sync_thread = sync_thread,
                                             .pending = backends.pending(),
                                             .cache_place = backends.cache_place()},
                                            settings.shutdown_timeout);
  const int code = outcome.all_synced ? kExitOk : kExitTurnsRemain;
  constexpr std::chrono::seconds kLastStep{1};  // Of the index, which goes on where it was at the next start.
  const bool indexing =
      indexer_ended.valid() && indexer_ended.wait_for(kLastStep) != std::future_status::ready;
  if (!outcome.ended_in_time || indexing) std::_Exit(code);
  synchronizer_ended.get();
  backends.close();
  for (IoThread* worker : workers) worker->stop();
  sync_thread.stop();
  control.stop();
  return code;
}

}  // namespace chatsync::app
