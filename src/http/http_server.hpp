#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "http/http_options.hpp"
#include "service/chat_service.hpp"
#include "service/completion_service.hpp"
#include "service/conversation_extras.hpp"
#include "service/conversation_service.hpp"
#include "service/response_service.hpp"
#include "sync/synchronizer.hpp"

namespace chatsync::http {

/// One I/O thread: the executor of an io_context that a single thread runs, and that thread's own service.
struct HttpWorker {
  boost::asio::any_io_executor executor;
  service::ChatService* chat = nullptr;
  service::CompletionService* completions = nullptr;  ///< Null, with the next three: /v1 is not served.
  service::ResponseService* responses = nullptr;
  service::ConversationService* conversations = nullptr;
  service::ConversationExtras* extras = nullptr;
};

/// What /metrics shows beside the server's own counters. Null: left out.
struct MetricsSources {
  const service::ServiceMetrics* service = nullptr;
  const sync::SyncMetrics* sync = nullptr;
  const sync::Backlog* backlog = nullptr;
};

/// The HTTP/1.1 server. One listening socket; each accepted connection belongs to one worker, in turn, and
/// never leaves its thread. A connection serves its requests one after the other, pipelined ones in the order
/// they came. A client that hangs up cancels nothing: what it asked for is done to the end.
///
/// Life: listen(), start(), then run the workers' contexts; co_await stop(), and only then destroy the server
/// or stop the contexts. What the constructor is given must outlive the server.
class HttpServer {
 public:
  HttpServer(HttpOptions options, std::vector<HttpWorker> workers, const Clock& clock,
             MetricsSources metrics);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Binds and listens; returns the port. Fails with one line that names the address, for instance if another
  /// process has it. Blocks while a host name is resolved; call it before start(), from the thread that
  /// owns the server.
  Result<std::uint16_t> listen();

  /// Begins to accept. Requires a successful listen().
  void start();

  /// Callable from any executor, and resumes on the caller's; once. Stops listening, closes idle connections,
  /// answers the requests whose first byte has come (the last reply of each connection says
  /// `Connection: close`) and returns when no connection is left. Takes as long as the slowest of them, at
  /// most the time-outs above and the handlers' own: see force_close().
  boost::asio::awaitable<void> stop();

  /// Any thread, during stop(): cuts all connections now. Handlers under way still run to their end, which
  /// stop() awaits.
  void force_close();

  /// Any thread.
  std::size_t open_connections() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chatsync::http
