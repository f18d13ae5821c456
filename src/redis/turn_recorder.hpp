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
  AsyncResult<RecordOutcome> record(const Turn* turn, SessionPresence presence) {
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Result<RecordOutcome>)>(
        [this](auto handler, const Turn* recorded, SessionPresence known) {
          add(std::make_unique<Waiting>(
              Waiting{.turn = recorded, .presence = known, .handler = std::move(handler)}));
        },
        boost::asio::use_awaitable, turn, presence);
  }

 private:
  class Impl;
  /// A turn that is to be recorded. It is in a frame that the handler keeps.
  struct Waiting {
    const Turn* turn = nullptr;
    SessionPresence presence = SessionPresence::unknown;
    std::int64_t timestamp_us = 0;  ///< Once sent: the one proposed.
    std::uint64_t lineage = 0;      ///< Of the cache for which the caller knows `presence`.
    std::move_only_function<void(Result<RecordOutcome>)> handler{};
    std::optional<LastTurn> last{};  ///< Once sent: what was known of the session.
  };

  void add(std::unique_ptr<Waiting> waiting);

  std::shared_ptr<Impl> impl_;
};

}  // namespace chatsync::redis
