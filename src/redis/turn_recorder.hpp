#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "chat/turn.hpp"
#include "chat/turn_cache.hpp"
#include "redis/connection.hpp"
#include "redis/key_space.hpp"
#include "redis/last_turns.hpp"

namespace chatsync::redis {

/// Records turns in Redis, many in one script call: see turn_recorder.cpp. Each turn is accepted or not on
/// its own. Lives on the connection's executor; the connection must outlive the object. `last_turns` may be
/// shared with recorders on other threads.
class TurnRecorder {
 public:
  TurnRecorder(RedisConnection& connection, KeySpace keys, std::shared_ptr<LastTurns> last_turns);
  ~TurnRecorder();
  TurnRecorder(const TurnRecorder&) = delete;
  TurnRecorder& operator=(const TurnRecorder&) = delete;

  /// As TurnCache::record(). Fails as the connection's requests do; what waits for another batch's reply is
  /// unsent.
  AsyncResult<RecordOutcome> record(Turn turn, SessionPresence presence) {
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Result<RecordOutcome>)>(
        [this](auto handler, std::unique_ptr<Waiting> added) {
          added->handler = std::move(handler);
          add(std::move(added));
        },
        boost::asio::use_awaitable,
        std::make_unique<Waiting>(Waiting{.turn = std::move(turn), .presence = presence}));
  }

 private:
  class Impl;
  /// A turn that is to be recorded. Made before its caller is suspended, whose frame then need not hold it
  /// too.
  struct Waiting {
    Turn turn;  ///< Once sent, with the time stamp proposed, and the number if that is foreseen.
    SessionPresence presence = SessionPresence::unknown;
    std::uint64_t lineage = 0;  ///< Of the cache for which the caller knows `presence`.
    std::move_only_function<void(Result<RecordOutcome>)> handler{};
    std::optional<LastTurn> last{};  ///< Once sent: what was known of the session.
  };

  void add(std::unique_ptr<Waiting> waiting);

  std::shared_ptr<Impl> impl_;
};

}  // namespace chatsync::redis
