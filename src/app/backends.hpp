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
#include "chat/pending_turns.hpp"
#include "chat/turn_cache.hpp"
#include "chat/turn_store.hpp"

namespace chatsync::app {

/// The cache and the store that the settings ask for, opened and checked: Redis or the embedded cache, MySQL
/// or SQLite. Destroy it, or call close(), while the threads it was opened on still run.
class Backends {
 public:
  virtual ~Backends() = default;

  virtual TurnCache& cache(std::size_t worker) = 0;  ///< To be used on that worker's thread.
  virtual TurnCache& sync_cache() = 0;               ///< To be used on the synchroniser's thread.
  virtual PendingTurns& pending() = 0;               ///< The same.
  virtual TurnStore& store() = 0;

  virtual std::string cache_place() const = 0;  ///< Where pending turns lie, for messages.

  /// Ends the connections to Redis; blocks until their coroutines have ended.
  virtual void close() = 0;
};

/// Blocks until everything is reachable, or returns the first thing that is not: one line that names it.
Result<std::unique_ptr<Backends>> open_backends(const Settings& settings, const Clock& clock,
                                                std::vector<IoThread*> workers, IoThread& sync_thread);

}  // namespace chatsync::app
