#include "http/http_server.hpp"

#include <array>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <string>
#include <utility>

#include "http/connection_context.hpp"
#include "http/connection_worker.hpp"
#include "http/handler.hpp"
#include "http/http_error.hpp"
#include "http/listener.hpp"
#include "http/metrics_page.hpp"
#include "http/reply_buffer.hpp"

namespace chatsync::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// Tells a client, as far as that goes without waiting for it, that there is no room.
void turn_away(tcp::socket socket, const std::string& request_id, std::int64_t now_us) {
  ReplyBuffer reply;
  append_error_body(reply.begin_body(), protocol_error(503, "too many connections are open: try later"));
  const std::string date = http_date(now_us);
  ReplyHead head{.status = 503, .media_type = kJson, .request_id = request_id, .date = date};
  head.keep_alive = false;
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(reply.finish(head)), ignored);
  socket.shutdown(tcp::socket::shutdown_send, ignored);
  // Unread bytes would make the close a reset, which takes the reply along.
  std::array<char, 4096> request;
  socket.read_some(asio::buffer(request), ignored);
}

}  // namespace

struct HttpServer::Impl {
  Impl(HttpOptions given, const std::vector<HttpWorker>& given_workers, const Clock& time,
       MetricsSources sources)
      : options(std::move(given)), clock(time), listener(given_workers.front().executor) {
    for (const HttpWorker& worker : given_workers) {
      workers.push_back(std::make_shared<ConnectionWorker>(worker, options, clock, open_connections));
    }
    page = std::make_unique<MetricsPage>(page_sources(sources));
    for (const auto& worker : workers) worker->set_metrics_page(page.get());
  }

  MetricsPage::Sources page_sources(MetricsSources sources) const {
    MetricsPage::Sources result{.open_connections = &open_connections,
                                .service = sources.service,
                                .sync = sources.sync,
                                .backlog = sources.backlog,
                                .clock = &clock};
    for (const auto& worker : workers) result.workers.push_back(&worker->metrics());
    return result;
  }

  /// On the listener's thread, as all that touches `next_worker`.
  void accept(tcp::socket socket) {
    const std::shared_ptr<ConnectionWorker> worker = workers[next_worker];
    next_worker = (next_worker + 1) % workers.size();
    if (open_connections >= options.max_connections) {
      worker->note_refused();
      std::string request_id;
      refused_ids.next(request_id);
      turn_away(std::move(socket), request_id, clock.now_us());
      return;
    }
    ++open_connections;
    asio::post(worker->executor(),
               [worker, moved = std::move(socket)]() mutable { worker->adopt(std::move(moved)); });
  }

  const HttpOptions options;
  const Clock& clock;
  std::atomic<std::size_t> open_connections{0};
  std::vector<std::shared_ptr<ConnectionWorker>> workers;
  std::unique_ptr<MetricsPage> page;
  Listener listener;
  std::size_t next_worker = 0;
  RequestIds refused_ids;
};

Result<HttpOptions> http_options_from(const Settings& settings) {
  HttpOptions options;
  auto keys = read_api_keys(settings.http.api_keys, settings.http.api_keys_file);
  if (!keys) return failure_of(std::move(keys));
  options.keys = std::move(*keys);
  options.host = settings.http.host;
  options.port = settings.http.port;
  options.max_connections = settings.http.max_connections;
  options.max_header_bytes = settings.http.max_header_bytes;
  options.max_body_bytes = settings.http.max_body_bytes;
  options.header_timeout = settings.http.header_timeout;
  options.body_timeout = settings.http.body_timeout;
  options.write_timeout = settings.http.body_timeout;
  options.idle_timeout = settings.http.idle_timeout;
  options.access_log = settings.log_level == LogLevel::debug;
  return options;
}

HttpServer::HttpServer(HttpOptions options, std::vector<HttpWorker> workers, const Clock& clock,
                       MetricsSources metrics)
    : impl_(std::make_unique<Impl>(std::move(options), workers, clock, metrics)) {}

HttpServer::~HttpServer() = default;

Result<std::uint16_t> HttpServer::listen() {
  return impl_->listener.listen(impl_->options.host, impl_->options.port);
}

void HttpServer::start() {
  Impl& impl = *impl_;
  for (const auto& worker : impl.workers) worker->start();
  impl.listener.start([&impl] { return impl.workers[impl.next_worker]->executor(); },
                      [&impl](tcp::socket socket) { impl.accept(std::move(socket)); });
}

asio::awaitable<void> HttpServer::stop() {
  for (const auto& worker : impl_->workers) {
    asio::post(worker->executor(), [worker] { worker->begin_drain(); });
  }
  co_await asio::co_spawn(impl_->workers.front()->executor(), impl_->listener.stop(), asio::use_awaitable);
  for (const auto& worker : impl_->workers) {
    co_await asio::co_spawn(worker->executor(), worker->drained(), asio::use_awaitable);
  }
}

void HttpServer::force_close() {
  for (const auto& worker : impl_->workers) {
    asio::post(worker->executor(), [worker] { worker->cut(); });
  }
}

std::size_t HttpServer::open_connections() const { return impl_->open_connections; }

}  // namespace chatsync::http
