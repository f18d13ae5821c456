#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "chat/turn.hpp"

namespace chatsync {

struct StoredSession {
  Session session;           ///< `question_count` is the greater of the stored count and the highest `seq`.
  bool deleted = false;      ///< A tombstone: the session was erased and must not come back.
  std::vector<Turn> recent;  ///< The newest turns asked for, oldest first.
};

/// Which sessions of a user to read, newest activity first (updated_at descending, then session_id
/// ascending).
struct SessionPage {
  std::size_t limit = 50;
  struct Position {
    std::int64_t updated_at_us = 0;
    std::string session_id;
  };
  std::optional<Position> after;  ///< Only sessions that come later in that order.
};

struct WriteOutcome {
  std::size_t inserted = 0;     ///< Rows that were not there before.
  std::size_t quarantined = 0;  ///< Turns put into dead_letters because another turn has their identity.
  std::size_t deleted = 0;      ///< Turns left out because their session was erased.
};

/// The durable store. Thread-safe: one object serves all threads; calls resume on the caller's executor.
///
/// `ErrorKind::unavailable` and `outcome_unknown` are outages: the same call may be repeated for ever.
/// `ErrorKind::rejected` means that the server refuses some datum of the batch.
class TurnStore {
 public:
  virtual ~TurnStore() = default;

  /// Writes the batch in one transaction and returns after COMMIT. Idempotent by identity (promise 3): a turn
  /// that is stored already stays as it is, a session's count and times only grow. A turn whose (session,
  /// time stamp) or turn_id belongs to a different turn is quarantined in dead_letters, never discarded.
  virtual AsyncResult<WriteOutcome> write(SharedBatch batch) = 0;

  /// Nothing if the store never saw the session.
  virtual AsyncResult<std::optional<StoredSession>> load(std::string session_id, std::size_t recent) = 0;

  /// A session's turns within `page`, oldest first. Empty for an unknown session.
  virtual AsyncResult<std::vector<Turn>> turns(std::string session_id, TurnPage page) = 0;

  /// The number of stored turns of a session.
  virtual AsyncResult<std::int64_t> count_turns(std::string session_id) = 0;

  virtual AsyncResult<std::vector<Session>> sessions_of(std::string user_id, SessionPage page) = 0;

  /// Deletes the session's turns and dead letters and leaves a tombstone, also for a session that the store
  /// has not seen yet. Returns how many turns were deleted.
  virtual AsyncResult<std::size_t> erase(std::string session_id) = 0;

  /// Succeeds if the store answers.
  virtual AsyncResult<void> ping() = 0;

  /// "mysql" or "sqlite".
  virtual std::string kind() const = 0;
};

}  // namespace chatsync
