#pragma once

#include <cstdint>
#include <string>

#include "base/error.hpp"
#include "chat/pending_turns.hpp"
#include "chat/turn_cache.hpp"
#include "chat/turn_store.hpp"
#include "sync/cache_trust.hpp"

namespace chatsync::sync {

/// Which of the two sides a failure is of.
struct ReconcileFailure {
  Error error;
  bool of_cache = false;
};

/// Makes the cache agree with a store that may be ahead of it, so that it can be trusted: gives unsettled
/// turns of all sessions their final numbers, and, if the cache came back with a lineage that the store does
/// not know, raises each cached count that lies behind. Everything is repeatable and may be done by several
/// instances at the same time. Lives on the executor of its ports.
class Reconciler {
 public:
  Reconciler(TurnCache& cache, PendingTurns& pending, TurnStore& store, CacheTrust& trust)
      : cache_(cache), pending_(pending), store_(store), trust_(trust) {}

  /// On success the cache is trusted, unless the store has taken a turn in its place meanwhile. Increases
  /// `settled` by the turns that got their numbers.
  boost::asio::awaitable<std::expected<void, ReconcileFailure>> run(std::size_t* settled);

 private:
  boost::asio::awaitable<std::expected<void, ReconcileFailure>> settle_all(std::size_t* settled);
  boost::asio::awaitable<std::expected<void, ReconcileFailure>> compare_all(std::size_t* settled);
  boost::asio::awaitable<std::expected<void, ReconcileFailure>> load(std::string session_id,
                                                                     std::size_t* settled);

  TurnCache& cache_;
  PendingTurns& pending_;
  TurnStore& store_;
  CacheTrust& trust_;
};

}  // namespace chatsync::sync
