#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/metrics.hpp"
#include "chat/pending_turns.hpp"
#include "chat/turn_cache.hpp"
#include "chat/turn_store.hpp"
#include "sync/backlog.hpp"
#include "sync/cache_trust.hpp"

namespace chatsync::sync {

/// What one drain did. With a failure, what it moved before it failed is counted all the same.
struct DrainReport {
  std::size_t synced = 0;              ///< Turns that this drain took out of pending.
  std::size_t dead_lettered = 0;       ///< Turns put into dead_letters.
  std::optional<Error> failure;        ///< Why turns remain, if the drain could not be finished.
  std::optional<std::size_t> pending;  ///< After a failure: how many turns wait, if the cache can tell.
};

struct CommitOutcome {
  bool renumbered = false;  ///< Another cache has come in the place of the turn's: it gets a new number.
};

struct SynchronizerOptions {
  std::chrono::milliseconds interval{300'000};
  std::size_t batch_turns = 1'000;
  std::size_t connections =
      2;  ///< Batches written at the same time, where somebody waits or one is too slow.
  std::size_t watermark = 50'000;
  std::chrono::milliseconds sweep_interval{300'000};
  BacklogLimits limits{};
  std::optional<std::uint32_t> jitter_seed{};  ///< Of the retries' jitter; absent: from the operating system.
};

/// Read by /metrics; written by the synchroniser.
struct SyncMetrics {
  Counter drains;
  Counter failed_drains;
  Counter turns_synced;
  Counter turns_dead_lettered;
  Counter batches;
  DurationHistogram batch_duration;
  Gauge last_success_us;  ///< Time of the last drain that moved all it found; microseconds since the epoch.
  /// Attempts that failed and are repeated, by cause: the store cannot serve, a COMMIT without a reply, the
  /// store refuses a batch for its data (which is then bisected), the cache cannot serve.
  Counter retries_store_unavailable;
  Counter retries_outcome_unknown;
  Counter retries_rejected;
  Counter retries_cache;
  Counter turns_appended;  ///< Turns that the store took in the cache's place.
  Counter turns_settled;   ///< Those of them that got their final number.
};

/// Carries pending turns from the cache to the store: every interval, when asked, and early when many turns
/// have been accepted since the last drain. One drain runs at a time; a drain begun before a request counts
/// for it only if nothing it had passed could be the caller's, so a request that arrives in mid-drain waits
/// for the next one, which all such requests share.
///
/// Lives on one executor. The functions under "any thread" may be called from any coroutine and resume it on
/// its own executor. run() must have ended before the object is destroyed.
class Synchronizer {
 public:
  /// `cache` and `pending` are the two sides of one cache, to be used on `executor`.
  Synchronizer(const boost::asio::any_io_executor& executor, TurnCache& cache, PendingTurns& pending,
               TurnStore& store, const Clock& clock, SynchronizerOptions options);
  ~Synchronizer();
  Synchronizer(const Synchronizer&) = delete;
  Synchronizer& operator=(const Synchronizer&) = delete;

  /// The background loop; spawn once, on the executor. Ends after stop(), when the drain under way is over.
  boost::asio::awaitable<void> run();

  /// Any thread. A barrier: returns when every turn accepted before the call is committed in the store, or
  /// with the reason why not.
  boost::asio::awaitable<DrainReport> sync_now();

  /// Any thread. Commits one turn that has just been accepted, together with others that ask at the same
  /// moment, in one transaction, and acknowledges it.
  /// `lineage` is that of the cache that recorded it.
  AsyncResult<CommitOutcome> commit(PendingTurn turn, Session session, std::uint64_t lineage);

  /// Any thread. Has the store take a turn that the cache cannot, together with others that ask at the same
  /// moment, in one transaction; returns after its COMMIT. The cache is not trusted from then on, until what
  /// was appended has its final numbers.
  AsyncResult<AppendOutcome> append(DirectTurn turn);

  /// Any thread: counts a turn of so many bytes, accepted at `now_us`, towards the watermark and the backlog.
  void note_accepted(std::size_t bytes, std::int64_t now_us);

  /// Any thread: the cache was found not to be trusted. Has run() reconcile it with the store soon.
  void want_trust();

  /// Any thread.
  Backlog& backlog();
  CacheTrust& trust();

  /// Any thread. Ends run(); later drains happen only through sync_now().
  void stop();

  const SyncMetrics& metrics() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chatsync::sync
