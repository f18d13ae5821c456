#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "chat/turn.hpp"

namespace chatsync {

/// What the caller of record() knows about the session.
enum class SessionPresence {
  unknown,    ///< Record only if the cache holds the session's count; else report it missing.
  known_new,  ///< The store has no turns of it: start from the count that is cached, or from nothing.
};

struct RecordOutcome {
  /// The cache does not hold the session: nothing changed, and the caller must load it from the store.
  bool session_missing = false;
  std::int64_t question_count = 0;  ///< The session's count with this turn, which is the turn's `seq`.
  std::int64_t timestamp_us = 0;    ///< The turn's time stamp, by cache_stamp().
};

/// A session as the cache needs it to go on where the store left off.
struct SessionSeed {
  Session session;           ///< `question_count` is the settled one.
  std::vector<Turn> recent;  ///< The last kHistoryTurns settled turns, oldest first.
  /// Turns that the store took while the cache was away and that have no final number, oldest first.
  std::vector<Turn> unsettled;
};

struct CachedSession {
  Session session;  ///< `updated_at_us` is the last turn's time, or the creation's.
  std::size_t history_length = 0;
  std::size_t pending = 0;
};

struct CacheHealth {
  std::string durability;  ///< What an accepted turn survives, in one line.
};

/// The request side of the cache: accepts turns and answers from what it holds.
///
/// One object serves one I/O thread, unless its class says more. Every operation is one atomic step in the
/// cache, so any number of processes may share one. Operations are not cancellable; each ends within the
/// driver's time-out. `ErrorKind::unavailable` means that nothing took effect, `outcome_unknown` that it may
/// have.
class TurnCache {
 public:
  virtual ~TurnCache() = default;

  /// Accepts a turn: count, turn, history, pending and dirty change together or not at all (promise 1), and
  /// on success the turn has the cache's stated durability (promise 2). `turn->timestamp_us` is a proposal
  /// and `turn->seq` is ignored; the outcome has both. A session recorded for the first time gets
  /// `turn->user_id` as its owner. The turn is read where it is: it must stay there, unchanged, until there
  /// is an outcome.
  virtual AsyncResult<RecordOutcome> record(const Turn* turn, SessionPresence presence) = 0;

  /// Brings what the cache holds of a session up to what the store knows, and never back.
  ///
  /// A session that is not cached is put in. One whose cached count is below the store's is of a cache that
  /// came back older (promise 10): count and history become the store's, what is pending stays. Otherwise the
  /// cached session stays as it is.
  /// Then each unsettled turn gets the next number, in the given order, and goes into the history; one that
  /// is pending here, by its turn id, has number and time stamp already and keeps them. Its final time stamp
  /// is its own if that is later than the session's last turn in the cache; otherwise it is the store_stamp()
  /// after both that turn and `session.updated_at_us`, so that it is free in the store too. One that an
  /// earlier call has numbered is not numbered again: the result has what it was given until
  /// forget_settled(), and nothing for it afterwards. Time stamps of unsettled turns, as the store has them,
  /// grow within a session, also between calls.
  virtual AsyncResult<std::vector<SettledTurn>> seed(SessionSeed seed) = 0;

  /// The store has committed the numbers of these turns. Repeatable.
  virtual AsyncResult<void> forget_settled(std::string session_id,
                                           std::vector<std::int64_t> timestamps_us) = 0;

  /// Names the memory that the cache answers from. Another value than before means that the cache may have
  /// come back older than the store: another process, another server. 0: it never does. A request that waited
  /// for the cache to come back fails with `unavailable` when it comes back with another lineage.
  virtual std::uint64_t lineage() const = 0;

  /// Creates a session without turns and marks it to be synced. False if the cache holds it already.
  virtual AsyncResult<bool> create(Session session) = 0;

  /// Nothing if the cache does not hold the session.
  virtual AsyncResult<std::optional<CachedSession>> find(std::string session_id) = 0;

  /// What the cache knows of the session itself but its count, in one cheap step: an owner, a title and times
  /// that it does not know are empty or 0.
  virtual AsyncResult<Session> own_data(std::string session_id) = 0;

  /// The last turns, at most kHistoryTurns, oldest first. Empty if the session is not cached. Entries that
  /// another program wrote in a form of its own are left out.
  virtual AsyncResult<std::vector<Turn>> history(std::string session_id) = 0;

  /// The session's turns that are not yet acknowledged as synced, within `page`, oldest first.
  virtual AsyncResult<std::vector<Turn>> pending(std::string session_id, TurnPage page) = 0;

  /// The sessions of a user that may not be in the store yet, in any order.
  virtual AsyncResult<std::vector<Session>> unsynced_sessions_of(std::string user_id) = 0;

  /// The exact name under which a turn is pending (see PendingTurn::key).
  virtual std::string pending_key(const std::string& session_id, std::int64_t timestamp_us) const = 0;

  /// Forgets the session with its pending turns, and remembers for a day that it was erased: meanwhile seed()
  /// and create() do nothing for it and record() reports it missing, so that nobody who looked at the store
  /// before can bring it back. Returns how many pending turns were deleted.
  virtual AsyncResult<std::size_t> erase(std::string session_id) = 0;

  /// Succeeds if the cache can take turns.
  virtual AsyncResult<CacheHealth> health() = 0;

  /// "redis" or "embedded".
  virtual std::string kind() const = 0;
};

}  // namespace chatsync
