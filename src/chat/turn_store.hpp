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

struct StoredSession {
  /// `question_count` counts what is settled: every number up to it was given for good, to stored turns, dead
  /// letters and turns that a lost cache took along.
  Session session;
  bool deleted = false;      ///< A tombstone: the session was erased and must not come back.
  std::vector<Turn> recent;  ///< The newest settled turns asked for, oldest first.
  /// The oldest turns without a final number (see append), at most kUnsettledAtOnce, oldest first; `seq` is
  /// the provisional one.
  std::vector<Turn> unsettled;
  std::int64_t unsettled_count = 0;  ///< All of them.
};

inline constexpr std::size_t kUnsettledAtOnce = 500;

/// The code of the refusal of what comes from a cache that another one has taken the place of.
inline constexpr const char* kLineageSuperseded = "lineage_superseded";

/// A turn for a store that takes it in the cache's place.
struct DirectTurn {
  Turn turn;               ///< `timestamp_us` is a proposal and `seq` is ignored.
  bool known_new = false;  ///< Nobody but the caller can know the session: it is its first turn, number 1.
};

struct AppendOutcome {
  std::int64_t question_count = 0;  ///< The turn's `seq`, so far.
  std::int64_t timestamp_us = 0;
  /// The cache may hold turns of the session that the store has not seen: the number can still change.
  bool provisional = false;
};

/// Which sessions of a user to read, in which order.
struct SessionPage {
  enum class Order {
    newest_first,  ///< By activity: updated_at descending, then session_id ascending.
    by_id,         ///< session_id ascending, which no activity changes.
  };
  std::size_t limit = 50;
  struct Position {
    std::int64_t updated_at_us = 0;
    std::string session_id;
  };
  std::optional<Position> after;  ///< Only sessions that come later in the order.
  Order order = Order::newest_first;
  bool erased = false;  ///< The tombstones instead of the living sessions.
};

struct SessionCount {
  std::string session_id;
  std::int64_t question_count = 0;
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
  /// that is stored already stays as it is, a session's count and times only grow; the count becomes at least
  /// the highest `seq` in the batch. A turn whose (session, time stamp) or turn_id belongs to a different
  /// turn is quarantined in dead_letters, never discarded. Turns and dead letters of erased sessions are left
  /// out.
  /// A turn that is stored and unsettled (see append) gets the number and time stamp of the batch and is
  /// settled by that: the cache that it comes from has it. A batch with a lineage (not 0) that is not the one
  /// admitted last is refused: `conflict`, with the code kLineageSuperseded. Before any was admitted, all are
  /// accepted.
  virtual AsyncResult<WriteOutcome> write(SharedBatch batch) = 0;

  /// Takes turns while the cache cannot: in one transaction, each numbered after the session's settled and
  /// unsettled turns and stamped later than the session's last stored turn, by store_stamp(), and marked as
  /// unsettled. Returns after COMMIT, element i for turn i; an element is an error where its session was
  /// erased (`gone`) or its data are refused (`rejected`), and the others are committed all the same. A turn
  /// id that is stored already gives what it was given then. The session's settled count stays.
  virtual AsyncResult<std::vector<Result<AppendOutcome>>> append(
      std::shared_ptr<const std::vector<DirectTurn>> turns) = 0;

  /// Sessions that have unsettled turns, by ascending id, after `after` (empty: from the first).
  virtual AsyncResult<std::vector<std::string>> unsettled_sessions(std::string after, std::size_t limit) = 0;

  /// Gives unsettled turns of a session their final numbers and time stamps, and raises its count to the
  /// highest number, in one transaction. Turns that are not unsettled (any more) are left alone; a turn whose
  /// final stamp another one has keeps the stamp that it has. `lineage` is that of the cache that gave the
  /// numbers; it is refused as write() refuses it. Repeatable.
  virtual AsyncResult<void> settle(std::string session_id, std::vector<SettledTurn> turns,
                                   std::uint64_t lineage) = 0;

  /// The lineage that write() and settle() accept; 0 before one was admitted.
  virtual AsyncResult<std::uint64_t> admitted_lineage() = 0;

  /// Makes `lineage` the one that write() and settle() accept, and returns after COMMIT: what an earlier one
  /// claimed or numbered cannot be stored any more. False, and no change, if the admitted lineage is not
  /// `expected`, or if `lineage` was superseded by another one before: no lineage comes back.
  virtual AsyncResult<bool> admit_lineage(std::uint64_t lineage, std::uint64_t expected) = 0;

  /// The settled counts of those sessions that the store knows and that are not erased, in any order.
  virtual AsyncResult<std::vector<SessionCount>> counts_of(std::vector<std::string> session_ids) = 0;

  /// Whether note_lineage() was called for this lineage (see TurnCache::lineage).
  virtual AsyncResult<bool> knows_lineage(std::uint64_t lineage) = 0;
  /// Every session in the cache of this lineage has been compared with the store.
  virtual AsyncResult<void> note_lineage(std::uint64_t lineage) = 0;

  /// Nothing if the store never saw the session.
  virtual AsyncResult<std::optional<StoredSession>> load(std::string session_id, std::size_t recent) = 0;

  /// A session's turns within `page`, oldest first. Empty for an unknown session.
  virtual AsyncResult<std::vector<Turn>> turns(std::string session_id, TurnPage page) = 0;

  /// The turn with this id, in whichever session it is.
  virtual AsyncResult<std::optional<Turn>> find_turn(std::string turn_id) = 0;

  /// The number of stored turns of a session.
  virtual AsyncResult<std::int64_t> count_turns(std::string session_id) = 0;

  virtual AsyncResult<std::vector<Session>> sessions_of(std::string user_id, SessionPage page) = 0;

  /// Deletes the session's turns and dead letters and leaves a tombstone, also for a session that the store
  /// has not seen yet. The tombstone keeps the session's count, which becomes at least `accepted`, and its
  /// user. Returns how many turns were deleted.
  virtual AsyncResult<std::size_t> erase(std::string session_id, std::int64_t accepted) = 0;

  /// Succeeds if the store answers.
  virtual AsyncResult<void> ping() = 0;

  /// "mysql" or "sqlite".
  virtual std::string kind() const = 0;
};

}  // namespace chatsync
