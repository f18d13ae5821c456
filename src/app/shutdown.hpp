#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "app/answerers.hpp"
#include "app/io_thread.hpp"
#include "chat/pending_turns.hpp"
#include "http/http_server.hpp"
#include "sync/synchronizer.hpp"

namespace chatsync::app {

/// What is to be stopped, in the order of the members. All of it outlives the shutdown.
struct ShutdownParts {
  http::HttpServer& server;
  Answerers& answerers;
  boost::asio::awaitable<void> streams_ended;  ///< Ends when no streamed answer is under way.
  IoThread& control;                           ///< Any thread that serves no requests.
  sync::Synchronizer& synchronizer;
  IoThread& sync_thread;
  PendingTurns& pending;
  std::string cache_place;
};

struct ShutdownOutcome {
  bool ended_in_time = false;  ///< False: something hangs, and the process can only be ended.
  bool all_synced = false;
};

/// Stops accepting, answers what is in flight, drains once more and says what remains. Blocks, at most for
/// `timeout`.
ShutdownOutcome shut_down(ShutdownParts parts, std::chrono::milliseconds timeout);

}  // namespace chatsync::app
