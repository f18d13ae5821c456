#pragma once

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/settings.hpp"
#include "redis/command_encoder.hpp"
#include "redis/reply.hpp"
#include "redis/reply_matcher.hpp"

namespace chatsync::redis {

/// One connection to Redis, shared by all coroutines of one executor (one thread) by pipelining: what they
/// ask for in one turn of the event loop leaves in one write.
///
/// run() keeps it up: it asks the Sentinels, if there are any, where the master is, connects (TCP, TLS or
/// Unix socket; with a Unix socket, TLS is not used), authenticates, selects the database, refuses a replica,
/// loads the scripts, and does it all again with backoff whenever the connection is lost. Requests made
/// meanwhile wait for it, but no longer than min(time-out, 1 s); when it has been away for longer than that
/// they fail at once. So a short blip is bridged and nothing hangs. Only the end of the first attempt is
/// always awaited, so that whoever opens the connection learns what came of it. If what it comes back to is
/// another memory (see lineage()), those that waited fail too, with `unavailable` and the code
/// `cache_restarted`: they were made under counts that may be ahead of that memory's.
///
/// Errors: `unavailable` if nothing was executed, `outcome_unknown` if the request was sent and no reply
/// came before the time-out or the loss, `overloaded` if too many requests wait. Requests are not
/// cancellable. Everything is to be used on the executor only. The object must outlive run() and all
/// requests.
class RedisConnection {
 public:
  RedisConnection(boost::asio::any_io_executor executor, Settings::Redis settings, const Clock& clock);
  ~RedisConnection();
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;

  /// Spawn once. Ends after stop().
  boost::asio::awaitable<void> run();

  /// Drops the connection, fails what waits and ends run(), which the owner awaits. Requests made later fail.
  void stop();

  boost::asio::any_io_executor executor() const;

  bool connected() const;

  /// Names the memory of the server it is, or was last, connected to: see lineage_of(). 0 before the first
  /// time.
  std::uint64_t lineage() const;

  /// "redis at host:port" or "redis at /socket", for messages; through Sentinels "redis master NAME at
  /// host:port", which changes when the master does.
  const std::string& name() const;

  /// `encode(CommandEncoder&)` appends one or more commands; the result has the reply to each. It runs when
  /// the result is awaited, straight into the output buffer; what it refers to must live until then.
  template <class Encode>
  AsyncResult<Replies> execute(Encode encode) {
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Result<Replies>)>(
        [this](auto handler, Encode fill) { this->submit(std::move(fill), std::move(handler)); },
        boost::asio::use_awaitable, std::move(encode));
  }

  /// The same for who is no coroutine. `encode` runs at once; `handler` is called later, exactly once.
  template <class Encode>
  void submit(Encode encode, ReplyHandler handler) {
    CommandEncoder* encoder = open_request();
    if (encoder == nullptr) return refuse_request(std::move(handler));
    encode(*encoder);
    close_request(std::move(handler));
  }

  /// One command; an error reply becomes an Error. A script that Redis has forgotten is loaded again and the
  /// command repeated, so `encode` may run twice.
  template <class Encode>
  AsyncResult<Reply> call(Encode encode) {
    Result<Replies> replies = co_await execute_scripts(std::move(encode));
    if (!replies) co_return failure_of(std::move(replies));
    co_return std::move(replies->front());
  }

  /// Commands of which some run scripts and which may all be repeated: if Redis has forgotten a script, they
  /// are. An error reply to any of them becomes an Error.
  template <class Encode>
  AsyncResult<Replies> execute_scripts(Encode encode) {
    for (bool again = false;; again = true) {
      Result<Replies> replies = co_await execute([&encode](CommandEncoder& out) { encode(out); });
      if (!replies) co_return replies;
      const auto failed = std::find_if(replies->begin(), replies->end(),
                                       [](const Reply& reply) { return reply.view().is_error(); });
      if (failed == replies->end()) co_return replies;
      if (again || !is_noscript(failed->view())) co_return std::unexpected(error_of(failed->view()));
      if (Result<void> loaded = co_await load_scripts(); !loaded) co_return failure_of(std::move(loaded));
    }
  }

  /// Loads all scripts, after a reply said NOSCRIPT.
  AsyncResult<void> load_scripts();

  static bool is_noscript(ReplyView reply);
  /// Why what was meant for one memory is not given to the one that came in its place.
  Error replaced() const;
  /// What an error reply means to a caller.
  Error error_of(ReplyView error_reply) const;

 private:
  class Impl;

  CommandEncoder* open_request();
  void close_request(ReplyHandler handler);
  void refuse_request(ReplyHandler handler);

  std::shared_ptr<Impl> impl_;
};

}  // namespace chatsync::redis
