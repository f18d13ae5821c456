#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>

#include "base/task_group.hpp"
#include "http/connection_context.hpp"
#include "http/http_server.hpp"

namespace chatsync::http {

/// The connections of one I/O thread. Used from that thread, but for construction and metrics().
class ConnectionWorker {
 public:
  /// `open_connections` is shared by all workers; each adopted socket is counted in it already.
  ConnectionWorker(const HttpWorker& worker, const HttpOptions& options, const Clock& clock,
                   std::atomic<std::size_t>& open_connections);

  const boost::asio::any_io_executor& executor() const { return executor_; }
  const HttpMetrics& metrics() const { return context_.metrics; }

  /// Before start().
  void set_metrics_page(const MetricsPage* page) { context_.metrics_page = page; }

  /// Begins to look after deadlines.
  void start();

  void adopt(boost::asio::ip::tcp::socket socket);

  /// Counts a connection that was turned away.
  void note_refused() { context_.metrics.connections_refused.add(); }

  /// Ends idle connections and lets the others finish what is under way.
  void begin_drain();

  /// Returns when no connection is left; after begin_drain().
  boost::asio::awaitable<void> drained();

  /// Closes every socket.
  void cut();

 private:
  boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket socket);
  boost::asio::awaitable<void> sweep();

  boost::asio::any_io_executor executor_;
  std::atomic<std::size_t>& open_connections_;
  ConnectionContext context_;
  boost::asio::steady_timer sweep_timer_;
  TaskGroup connections_;
  TaskGroup sweeper_;
  bool stopped_ = false;
};

}  // namespace chatsync::http
