#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "chat/turn.hpp"
#include "chat/turn_cache.hpp"
#include "redis/connection.hpp"
#include "redis/key_space.hpp"

namespace chatsync::redis {

/// Records turns in Redis, many in one script call: see turn_recorder.cpp. Each turn is accepted or not on
/// its own. Lives on the connection's executor; the connection must outlive the object.
class TurnRecorder {
 public:
  TurnRecorder(RedisConnection& connection, KeySpace keys);
  ~TurnRecorder();
  TurnRecorder(const TurnRecorder&) = delete;
  TurnRecorder& operator=(const TurnRecorder&) = delete;

  /// As TurnCache::record(). Fails as the connection's requests do; what waits for another batch's reply is
  /// unsent.
  AsyncResult<RecordOutcome> record(Turn turn, SessionPresence presence) {
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Result<RecordOutcome>)>(
        [this](auto handler, Turn added, SessionPresence known) {
          add(std::move(added), known, std::move(handler));
        },
        boost::asio::use_awaitable, std::move(turn), presence);
  }

 private:
  class Impl;
  using Handler = std::move_only_function<void(Result<RecordOutcome>)>;

  void add(Turn turn, SessionPresence presence, Handler handler);

  std::shared_ptr<Impl> impl_;
};

}  // namespace chatsync::redis
