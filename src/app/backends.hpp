#pragma once

#include <cstddef>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "app/io_thread.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/settings.hpp"
#include "chat/conversation_store.hpp"
#include "chat/dead_letters.hpp"
#include "chat/pending_turns.hpp"
#include "chat/session_locks.hpp"
#include "chat/store_audit.hpp"
#include "chat/turn_cache.hpp"
#include "chat/turn_claims.hpp"
#include "chat/turn_store.hpp"

namespace chatsync::app {

/// The cache and the store that the settings ask for, opened and checked: Redis or the embedded cache, MySQL
/// or SQLite. Destroy it, or call close(), while the threads it was opened on still run.
class Backends {
 public:
  virtual ~Backends() = default;

  virtual TurnCache& cache(std::size_t worker) = 0;    ///< To be used on that worker's thread.
  virtual TurnClaims& claims(std::size_t worker) = 0;  ///< The same.
  /// The same; null if no other instance shares the cache.
  virtual SessionLocks* locks(std::size_t worker) = 0;
  virtual TurnCache& sync_cache() = 0;  ///< To be used on the synchroniser's thread.
  virtual PendingTurns& pending() = 0;  ///< The same.
  virtual TurnStore& store() = 0;
  virtual StoreAudit& store_audit() = 0;
  virtual DeadLetters& dead_letters() = 0;
  virtual ConversationStore& conversations() = 0;

  virtual std::string cache_place() const = 0;  ///< Where pending turns lie, for messages.

  /// Ends the connections to Redis; blocks until their coroutines have ended.
  virtual void close() = 0;
};

/// Blocks until everything is reachable, or returns the first thing that is not: one line that names it.
Result<std::unique_ptr<Backends>> open_backends(const Settings& settings, const Clock& clock,
                                                std::vector<IoThread*> workers, IoThread& sync_thread);

/// The store alone, for commands that ask nothing of the cache.
class StoreOnly {
 public:
  virtual ~StoreOnly() = default;
  virtual DeadLetters& dead_letters() = 0;
};

/// Opens the store that the settings ask for. SQLite's only while no server uses it.
Result<std::unique_ptr<StoreOnly>> open_store_only(const Settings& settings);

}  // namespace chatsync::app
