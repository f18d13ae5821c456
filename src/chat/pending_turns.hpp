#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "chat/turn.hpp"

namespace chatsync {

/// From the least thorough one on.
enum class PassKind {
  relief,   ///< As `indexed`, but with as little work for the cache as can be, since many turns come: a turn
            ///< may be read from its session's history, and a session that is in use may stay in the index.
  indexed,  ///< The sessions that the dirty index names.
  sweep,  ///< Also pending sets that the index does not name: turns of other programs, and repairs the index.
};

/// One walk over everything that is pending. It visits each turn that was pending when the pass began at
/// least once (promise 7); turns accepted later, or acknowledged meanwhile, may be visited or not.
class PendingPass {
 public:
  virtual ~PendingPass() = default;

  /// The next turns, about `max_turns` of them; an empty batch ends the pass. All of them, as far as one call
  /// goes, of distinct (session, time stamp). Turns that cannot be read come as dead letters. Not to be
  /// called again before it returned. After an error the pass is over.
  virtual AsyncResult<TurnBatch> next(std::size_t max_turns) = 0;
};

/// What the cache holds of a session, in numbers.
struct SessionTally {
  std::string session_id;
  std::int64_t question_count = 0;
  std::size_t pending = 0;
  std::size_t history_length = 0;
};

/// One walk over all cached sessions: each that is there from beginning to end is visited at least once.
class SessionWalk {
 public:
  virtual ~SessionWalk() = default;

  /// The next sessions, about `max_sessions`; none ends the walk. After an error the walk is over.
  virtual AsyncResult<std::vector<SessionTally>> next(std::size_t max_sessions) = 0;
};

/// The drain side of the cache. One object serves one executor.
class PendingTurns {
 public:
  virtual ~PendingTurns() = default;

  /// The pass must not outlive this object.
  virtual std::unique_ptr<PendingPass> begin_pass(PassKind kind) = 0;

  /// Takes the batch's turns and dead letters out of pending by their exact keys, deletes their data, marks
  /// its sessions' own data as synced unless they changed since, and lets a session that has nothing left
  /// pending expire after SESSION_TTL. Call only after the batch's transaction has committed (promise 4).
  /// Returns how many pending turns this call removed: those that another instance acknowledged first do not
  /// count.
  virtual AsyncResult<std::size_t> acknowledge(SharedBatch batch) = 0;

  /// How many turns are pending now. Walks the dirty index: for reports, not for the hot path.
  virtual AsyncResult<std::size_t> count_pending() = 0;

  /// When the session that has waited longest for the store began to wait: microseconds since the epoch.
  /// Nothing if nothing is pending. No pending turn is older. Cheap.
  virtual AsyncResult<std::optional<std::int64_t>> oldest_pending_us() = 0;

  /// Walks all of the cache: for audits and after a change of lineage. Must not outlive this object.
  virtual std::unique_ptr<SessionWalk> walk_sessions() = 0;
};

}  // namespace chatsync
