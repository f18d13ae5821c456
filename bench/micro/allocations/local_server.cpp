#include "micro/allocations/local_server.hpp"

#include <chrono>
#include <future>
#include <stdexcept>
#include <vector>

#include "app/answerers.hpp"
#include "app/backends.hpp"
#include "app/io_thread.hpp"
#include "app/shutdown.hpp"
#include "http/http_server.hpp"
#include "service/chat_service.hpp"
#include "support/temp_dir.hpp"
#include "sync/synchronizer.hpp"

namespace chatsync::bench {
namespace {

constexpr std::chrono::hours kNever{24};

Settings settings_for(const std::filesystem::path& redis_socket, const std::filesystem::path& data_dir) {
  Settings settings;
  settings.redis.socket = redis_socket;
  settings.data_dir = data_dir;
  settings.http.port = 0;
  return settings;
}

boost::asio::awaitable<void> no_streams() { co_return; }

template <class Value>
Value need(Result<Value> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

}  // namespace

struct LocalServer::Impl {
  explicit Impl(const std::filesystem::path& redis_socket)
      : settings(settings_for(redis_socket, directory.path())) {
    synchronizer_ended = sync_thread.spawn(synchronizer.run());
    port = need(server.listen());
    server.start();
  }

  ~Impl() {
    app::shut_down({.server = server,
                    .answerers = answerers,
                    .streams_ended = no_streams(),
                    .control = control,
                    .synchronizer = synchronizer,
                    .sync_thread = sync_thread,
                    .pending = backends->pending(),
                    .cache_place = backends->cache_place()},
                   settings.shutdown_timeout);
    synchronizer_ended.get();
    backends->close();
    worker.stop();
    sync_thread.stop();
  }

  test::TempDir directory;
  Settings settings;
  const SystemClock clock;
  service::ServiceMetrics metrics;
  app::IoThread control;
  app::IoThread sync_thread;
  app::IoThread worker;
  app::Answerers answerers{settings.llm, clock, {&worker}};
  std::unique_ptr<app::Backends> backends = need(app::open_backends(settings, clock, {&worker}, sync_thread));
  sync::Synchronizer synchronizer{sync_thread.executor(),
                                  backends->sync_cache(),
                                  backends->pending(),
                                  backends->store(),
                                  clock,
                                  {.interval = kNever, .watermark = 1'000'000'000, .sweep_interval = kNever}};
  service::ChatService chat{backends->cache(0),
                            backends->store(),
                            backends->dead_letters(),
                            answerers.answerer(0),
                            synchronizer,
                            clock,
                            metrics,
                            IdGenerator()};
  service::RunningAnswers running;
  service::CompletionService completions{worker.executor(), chat, answerers.server(0), running, clock, {}};
  http::HttpServer server{http::http_options_from(settings).value(),
                          {{.executor = worker.executor(), .chat = &chat, .completions = &completions}},
                          clock,
                          {.service = &metrics, .sync = &synchronizer.metrics()}};
  std::future<void> synchronizer_ended;
  std::uint16_t port = 0;
};

LocalServer::LocalServer(const std::filesystem::path& redis_socket)
    : impl_(std::make_unique<Impl>(redis_socket)) {}

LocalServer::~LocalServer() = default;

std::uint16_t LocalServer::port() const { return impl_->port; }

bool LocalServer::settled() const { return impl_->worker.spawn(impl_->chat.cache_state()).get().trusted; }

}  // namespace chatsync::bench
