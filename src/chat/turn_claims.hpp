#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/error.hpp"
#include "chat/turn_cache.hpp"

namespace chatsync {

/// The right to answer the question of a request that may be sent again. Its turn id follows from the
/// request's key, so that every instance claims the same one.
struct TurnClaim {
  std::string turn_id;
  std::string session_id;
  std::string request;  ///< A digest of the request, by which another one with the same key is told apart.
  std::string owner;    ///< Whoever claims, by a name that nobody else has.
};

enum class ClaimState {
  granted,        ///< It is the owner's until the lease is over.
  running,        ///< Somebody else has it.
  done,           ///< Its turn is recorded.
  other_request,  ///< It is another request's, running or done.
};

struct ClaimedOutcome {
  bool lost = false;  ///< The claim is not the owner's any more: nothing was recorded.
  RecordOutcome recorded;
};

/// Who may record a turn of a request that may be sent again, in the same place as the cache, and with the
/// same rules and errors: one object an I/O thread, unless its class says more; each operation one atomic
/// step.
///
/// A claim whose lease is over is anybody's, for its owner may have died. An owner that was only frozen finds
/// out when it records: record() looks at the claim and records in one step. Claims may be forgotten, with a
/// cache that comes back older or empty; that the store takes each turn id once holds without them.
class TurnClaims {
 public:
  virtual ~TurnClaims() = default;

  virtual AsyncResult<ClaimState> claim(TurnClaim claim, std::chrono::milliseconds lease) = 0;

  /// Begins the lease anew. False if the claim is not the owner's any more.
  virtual AsyncResult<bool> renew(std::string turn_id, std::string owner,
                                  std::chrono::milliseconds lease) = 0;

  /// Gives a claim up of which no turn is recorded. Without effect if it is not the owner's any more.
  virtual AsyncResult<void> release(std::string turn_id, std::string owner) = 0;

  /// TurnCache::record() if the claim is the owner's; the claim is done with it.
  virtual AsyncResult<ClaimedOutcome> record(Turn turn, SessionPresence presence, std::string owner) = 0;
};

}  // namespace chatsync
