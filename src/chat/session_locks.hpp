#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/error.hpp"

namespace chatsync {

/// A session in which a turn is being answered.
struct SessionLock {
  std::string session_id;
  std::string turn_id;
  std::string owner;  ///< Whoever answers, by a name that nobody else has.
};

/// What others ask of the one who answers.
enum class Signal {
  cancel,   ///< To break the answer off.
  publish,  ///< To let others read the answer while it runs, by publish().
};

struct LockState {
  bool held = false;  ///< It is still the owner's.
  bool cancel = false;
  bool publish = false;
};

struct PublishedAnswer {
  bool running = false;  ///< The turn is still being answered.
  std::string text;      ///< Behind the place asked for; in whole characters.
};

/// Which sessions are being answered in, told between instances that share a cache. A help to clients, on
/// which no promise rests: a lock whose lease is over is anybody's, and what is lost with the cache is not
/// missed. One object an I/O thread; errors as TurnCache's.
class SessionLocks {
 public:
  virtual ~SessionLocks() = default;

  /// False if somebody has it.
  virtual AsyncResult<bool> lock(SessionLock lock, std::chrono::milliseconds lease) = 0;

  /// Begins the lease anew, if the lock is still the owner's.
  virtual AsyncResult<LockState> renew(std::string session_id, std::string owner,
                                       std::chrono::milliseconds lease) = 0;

  /// Without effect if it is not the owner's any more.
  virtual AsyncResult<void> unlock(std::string session_id, std::string owner) = 0;

  /// Tells whoever answers in the session; only if it is this turn, where one is named. False if nobody does.
  virtual AsyncResult<bool> signal(std::string session_id, std::string turn_id, Signal signal) = 0;

  /// Changes whenever anybody is told something, so that owners need look at their locks only then.
  virtual AsyncResult<std::int64_t> signals() = 0;

  /// Puts a piece of an answer's text where it belongs, for others to read for a minute from then on; one at
  /// 0 takes the place of whatever there was.
  virtual AsyncResult<void> publish(std::string turn_id, std::size_t offset, std::string text) = 0;

  virtual AsyncResult<PublishedAnswer> published(std::string session_id, std::string turn_id,
                                                 std::size_t offset) = 0;
};

}  // namespace chatsync
