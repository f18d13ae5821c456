#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <ostream>

#include "chat/pending_turns.hpp"
#include "chat/turn_cache.hpp"
#include "chat/turn_claims.hpp"

namespace chatsync::test {

enum class CacheKind { redis, embedded };
void PrintTo(CacheKind kind, std::ostream* out);

/// One implementation of the cache over data of its own. Everything it runs on is private to it.
class CacheRig {
 public:
  virtual ~CacheRig() = default;

  virtual TurnCache& cache() = 0;
  virtual PendingTurns& pending() = 0;
  virtual TurnClaims& claims() = 0;

  /// Closes the cache and opens it again over the same data, as a restarted program does. Invalidates
  /// cache(), pending() and claims().
  virtual void restart() = 0;

  /// Takes all data away, as an emptied Redis or a deleted journal does. Invalidates cache(),
  /// pending() and claims().
  virtual void lose_everything() = 0;
};

std::unique_ptr<CacheRig> make_cache_rig(CacheKind kind, boost::asio::io_context& io,
                                         std::chrono::milliseconds session_ttl = std::chrono::hours(24));

}  // namespace chatsync::test
