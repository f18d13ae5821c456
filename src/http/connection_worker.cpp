#include "http/connection_worker.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "http/connection.hpp"

namespace chatsync::http {

namespace asio = boost::asio;

ConnectionWorker::ConnectionWorker(const HttpWorker& worker, const HttpOptions& options, const Clock& clock,
                                   std::atomic<std::size_t>& open_connections)
    : executor_(worker.executor),
      open_connections_(open_connections),
      context_(options, worker, clock),
      sweep_timer_(worker.executor),
      connections_(worker.executor),
      sweeper_(worker.executor) {}

void ConnectionWorker::start() { sweeper_.spawn("http deadlines", sweep()); }

void ConnectionWorker::adopt(asio::ip::tcp::socket socket) {
  context_.metrics.connections_accepted.add();
  connections_.spawn("http connection", serve(std::move(socket)));
}

asio::awaitable<void> ConnectionWorker::serve(asio::ip::tcp::socket socket) {
  struct Departure {
    std::atomic<std::size_t>& open;
    ~Departure() { --open; }
  } departure{open_connections_};
  Connection connection(std::move(socket), context_);
  co_await connection.run();
}

asio::awaitable<void> ConnectionWorker::sweep() {
  while (!stopped_) {
    sweep_timer_.expires_after(context_.options.sweep_interval);
    boost::system::error_code cancelled;
    co_await sweep_timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    context_.deadlines.expire(context_.clock.steady_now(), [](DeadlineEntry& entry, Phase phase) {
      static_cast<Connection&>(entry).expire(phase);
    });
  }
}

void ConnectionWorker::begin_drain() {
  context_.draining = true;
  for (const Phase phase : {Phase::fresh, Phase::idle}) {
    context_.deadlines.for_each(phase,
                                [](DeadlineEntry& entry) { static_cast<Connection&>(entry).end_wait(); });
  }
}

asio::awaitable<void> ConnectionWorker::drained() {
  co_await connections_.join();
  stopped_ = true;
  sweep_timer_.cancel();
  co_await sweeper_.join();
}

void ConnectionWorker::cut() {
  for (std::size_t phase = 0; phase < kPhaseCount; ++phase) {
    context_.deadlines.for_each(static_cast<Phase>(phase),
                                [](DeadlineEntry& entry) { static_cast<Connection&>(entry).cut(); });
  }
}

}  // namespace chatsync::http
