#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "chat/turn_claims.hpp"

namespace chatsync::embedded {

/// Claims in memory, for a cache that one process alone uses: nobody else could claim, and none outlives the
/// process. One whose turn is recorded is kept for a day, so that its key is known with whatever session it
/// comes again; after a restart the turn itself tells. Any thread, if the cache may be used from any; the
/// references must outlive it.
class LocalTurnClaims final : public TurnClaims {
 public:
  LocalTurnClaims(TurnCache& cache, const Clock& clock) : cache_(cache), clock_(clock) {}

  AsyncResult<ClaimState> claim(TurnClaim claim, std::chrono::milliseconds lease) override;
  AsyncResult<bool> renew(std::string turn_id, std::string owner, std::chrono::milliseconds lease) override;
  AsyncResult<void> release(std::string turn_id, std::string owner) override;
  AsyncResult<ClaimedOutcome> record(Turn turn, SessionPresence presence, std::string owner) override;

 private:
  struct Held {
    std::string request;
    std::string owner;
    SteadyTime until;
    bool recording = false;  ///< The owner's, however long it takes.
    bool done = false;       ///< Nobody's any more.
  };

  /// Those that have been done for long enough. Requires the mutex.
  void forget(SteadyTime now);
  /// Null if it is not the owner's. Requires the mutex.
  Held* held_by(const std::string& turn_id, const std::string& owner);

  TurnCache& cache_;
  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Held> claims_;                   // guarded by mutex_
  std::deque<std::pair<SteadyTime, std::string>> done_;  // the same; until when which is kept
};

}  // namespace chatsync::embedded
