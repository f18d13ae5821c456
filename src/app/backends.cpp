#include "app/backends.hpp"

#include <filesystem>
#include <utility>

#include "app/running_connection.hpp"
#include "embedded/data_dir_lock.hpp"
#include "embedded/embedded_turn_cache.hpp"
#include "embedded/local_turn_claims.hpp"
#include "redis/check_redis.hpp"
#include "redis/connection.hpp"
#include "redis/redis_pending_turns.hpp"
#include "redis/redis_session_locks.hpp"
#include "redis/redis_turn_cache.hpp"
#include "redis/redis_turn_claims.hpp"
#include "sql/mysql_turn_store.hpp"
#include "sql/sqlite_turn_store.hpp"

namespace chatsync::app {
namespace {

/// The cache side of the backends, whichever it is.
class CacheSide {
 public:
  virtual ~CacheSide() = default;
  virtual TurnCache& cache(std::size_t worker) = 0;
  virtual TurnClaims& claims(std::size_t worker) = 0;
  virtual SessionLocks* locks(std::size_t worker) = 0;
  virtual TurnCache& sync_cache() = 0;
  virtual PendingTurns& pending() = 0;
  virtual std::string place() const = 0;
  virtual void close() = 0;
};

class RedisSide final : public CacheSide {
 public:
  RedisSide(const Settings& settings, const Clock& clock, const std::vector<IoThread*>& workers,
            IoThread& sync_thread)
      : sync_connection_(sync_thread, settings.redis, clock),
        sync_cache_(*sync_connection_, settings.session_ttl, clock),
        pending_(*sync_connection_, settings.session_ttl, clock) {
    const auto last_turns = std::make_shared<redis::LastTurns>();
    for (IoThread* worker : workers) {
      connections_.push_back(std::make_unique<RunningConnection>(*worker, settings.redis, clock));
      caches_.push_back(std::make_unique<redis::RedisTurnCache>(**connections_.back(), settings.session_ttl,
                                                                clock, last_turns));
      claims_.push_back(std::make_unique<redis::RedisTurnClaims>(**connections_.back()));
      locks_.push_back(std::make_unique<redis::RedisSessionLocks>(**connections_.back()));
    }
  }

  Result<void> check(IoThread& sync_thread) {
    return sync_thread.spawn(redis::check_redis(*sync_connection_)).get();
  }

  TurnCache& cache(std::size_t worker) override { return *caches_[worker]; }
  TurnClaims& claims(std::size_t worker) override { return *claims_[worker]; }
  SessionLocks* locks(std::size_t worker) override { return locks_[worker].get(); }
  TurnCache& sync_cache() override { return sync_cache_; }
  PendingTurns& pending() override { return pending_; }
  std::string place() const override { return "Redis"; }
  void close() override {
    for (auto& connection : connections_) connection->close();
    sync_connection_.close();
  }

 private:
  RunningConnection sync_connection_;
  redis::RedisTurnCache sync_cache_;
  redis::RedisPendingTurns pending_;
  std::vector<std::unique_ptr<RunningConnection>> connections_;
  std::vector<std::unique_ptr<redis::RedisTurnCache>> caches_;
  std::vector<std::unique_ptr<redis::RedisTurnClaims>> claims_;
  std::vector<std::unique_ptr<redis::RedisSessionLocks>> locks_;
};

class EmbeddedSide final : public CacheSide {
 public:
  EmbeddedSide(std::shared_ptr<embedded::EmbeddedTurnCache> cache, std::filesystem::path journal,
               const Clock& clock)
      : cache_(std::move(cache)), claims_(*cache_, clock), journal_(std::move(journal)) {}

  TurnCache& cache(std::size_t) override { return *cache_; }
  TurnClaims& claims(std::size_t) override { return claims_; }
  SessionLocks* locks(std::size_t) override { return nullptr; }
  TurnCache& sync_cache() override { return *cache_; }
  PendingTurns& pending() override { return *cache_; }
  std::string place() const override { return journal_.string(); }
  void close() override {}

 private:
  std::shared_ptr<embedded::EmbeddedTurnCache> cache_;
  embedded::LocalTurnClaims claims_;
  std::filesystem::path journal_;
};

class OpenBackends final : public Backends {
 public:
  OpenBackends(embedded::DataDirLock lock, std::unique_ptr<sql::SqlStore> store,
               std::unique_ptr<CacheSide> side)
      : lock_(std::move(lock)), store_(std::move(store)), side_(std::move(side)) {}

  TurnCache& cache(std::size_t worker) override { return side_->cache(worker); }
  TurnClaims& claims(std::size_t worker) override { return side_->claims(worker); }
  SessionLocks* locks(std::size_t worker) override { return side_->locks(worker); }
  TurnCache& sync_cache() override { return side_->sync_cache(); }
  PendingTurns& pending() override { return side_->pending(); }
  TurnStore& store() override { return *store_; }
  StoreAudit& store_audit() override { return *store_; }
  DeadLetters& dead_letters() override { return *store_; }
  ConversationStore& conversations() override { return *store_; }
  std::string cache_place() const override { return side_->place(); }
  void close() override { side_->close(); }

 private:
  embedded::DataDirLock lock_;  // Released last, when no file of the directory is open any more.
  std::unique_ptr<sql::SqlStore> store_;
  std::unique_ptr<CacheSide> side_;
};

class OpenStore final : public StoreOnly {
 public:
  OpenStore(embedded::DataDirLock lock, std::unique_ptr<sql::SqlStore> store)
      : lock_(std::move(lock)), store_(std::move(store)) {}

  DeadLetters& dead_letters() override { return *store_; }

 private:
  embedded::DataDirLock lock_;
  std::unique_ptr<sql::SqlStore> store_;
};

Result<std::unique_ptr<sql::SqlStore>> open_store(const Settings& settings) {
  if (!settings.mysql.enabled()) return sql::open_sqlite_store(settings.data_dir / "chatsync.db");
  // One more than the drain uses, so that requests can read while it writes.
  const std::size_t indexing = settings.search_index ? 1 : 0;
  return sql::open_mysql_store({.server = settings.mysql, .search_index = settings.search_index},
                               settings.sync.connections + 1 + indexing);
}

}  // namespace

Result<std::unique_ptr<Backends>> open_backends(const Settings& settings, const Clock& clock,
                                                std::vector<IoThread*> workers, IoThread& sync_thread) {
  embedded::DataDirLock lock;
  if (!settings.redis.enabled() || !settings.mysql.enabled()) {
    Result<embedded::DataDirLock> acquired = embedded::DataDirLock::acquire(settings.data_dir);
    if (!acquired) return failure_of(std::move(acquired));
    lock = std::move(*acquired);
  }
  Result<std::unique_ptr<sql::SqlStore>> store = open_store(settings);
  if (!store) return failure_of(std::move(store));

  std::unique_ptr<CacheSide> side;
  if (settings.redis.enabled()) {
    auto redis = std::make_unique<RedisSide>(settings, clock, workers, sync_thread);
    if (Result<void> usable = redis->check(sync_thread); !usable) return failure_of(std::move(usable));
    side = std::move(redis);
  } else {
    const std::filesystem::path journal = settings.data_dir / "journal.db";
    auto cache = embedded::open_embedded_cache(journal, {.session_ttl = settings.session_ttl}, clock);
    if (!cache) return failure_of(std::move(cache));
    side = std::make_unique<EmbeddedSide>(std::move(*cache), journal, clock);
  }
  return std::make_unique<OpenBackends>(std::move(lock), std::move(*store), std::move(side));
}

Result<std::unique_ptr<StoreOnly>> open_store_only(const Settings& settings) {
  embedded::DataDirLock lock;
  if (!settings.mysql.enabled()) {
    Result<embedded::DataDirLock> acquired = embedded::DataDirLock::acquire(settings.data_dir);
    if (!acquired) return failure_of(std::move(acquired));
    lock = std::move(*acquired);
  }
  Result<std::unique_ptr<sql::SqlStore>> store = open_store(settings);
  if (!store) return failure_of(std::move(store));
  return std::make_unique<OpenStore>(std::move(lock), std::move(*store));
}

}  // namespace chatsync::app
