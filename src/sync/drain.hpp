#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "base/async_slots.hpp"
#include "sync/synchronizer.hpp"

namespace chatsync::sync {

/// What a drain works with; all of it outlives the drain.
struct DrainTools {
  boost::asio::any_io_executor executor;
  TurnCache& cache;
  PendingTurns& pending;
  TurnStore& store;
  const Clock& clock;
  SyncMetrics& metrics;
  Backlog& backlog;
  CacheTrust& trust;
  /// Batches of a cache that was replaced after they were claimed: nobody else may have their turns.
  std::vector<SharedBatch>& left_over;
  SynchronizerOptions options;
};

/// Counts a failed attempt on the store.
void note_store_failure(SyncMetrics& metrics, ErrorKind kind);

/// What became of one batch.
struct MoveOutcome {
  std::size_t synced = 0;
  std::size_t dead_lettered = 0;
};

/// What is done with a batch that the store refuses for its lineage. If its cache is only too new to be
/// known, it is admitted, and the error has the code kLineageSuperseded: the batch is to be written again. If
/// its cache was superseded, the store takes its turns like those of an outage, to be numbered anew by the
/// cache that took its place; those that are stored already, or pending there, keep the numbers that they
/// have. Then they are acknowledged if their cache is still the one at hand. Returns how many turns there
/// were.
AsyncResult<std::size_t> rescue(std::shared_ptr<const DrainTools> tools, SharedBatch batch);

/// Commits a batch and then, and only then, acknowledges it. A batch that the store rejects for its data is
/// halved until the turn at fault stands alone; that one goes to dead_letters and the others on their way.
/// Any other failure is returned, and what has not been committed stays pending. Takes one of `writing` for
/// each write, if there are any.
AsyncResult<MoveOutcome> move_batch(std::shared_ptr<const DrainTools> tools, SharedBatch batch,
                                    AsyncSlots* writing = nullptr);

/// One walk over what is pending. Several workers claim, commit and acknowledge side by side: while some
/// write, one reads and another acknowledges. Single use.
class Drain {
 public:
  /// Writes at most `connections` batches at a time.
  Drain(std::shared_ptr<const DrainTools> tools, PassKind kind, std::size_t connections);

  /// Ends when everything that was pending at its start is in the store, or at the first failure. `pending`
  /// of the report is not filled in.
  boost::asio::awaitable<DrainReport> run();

 private:
  boost::asio::awaitable<void> work();
  boost::asio::awaitable<void> work_until_done();
  AsyncResult<SharedBatch> claim();

  std::shared_ptr<const DrainTools> tools_;
  std::unique_ptr<PendingPass> pass_;
  std::size_t connections_;
  AsyncSlots claiming_;
  AsyncSlots writing_;
  bool exhausted_ = false;
  DrainReport report_;
};

/// The two halves of a batch with more than one turn. Each has the sessions of its turns; what belongs to no
/// turn goes with the first.
std::pair<TurnBatch, TurnBatch> halve(const TurnBatch& batch);

/// The batch of a single turn as a dead letter with the store's reason.
TurnBatch as_dead_letter(const TurnBatch& batch, const Error& reason, std::int64_t now_us);

}  // namespace chatsync::sync
