#include "contract/cache_rig.hpp"

#include <stdexcept>
#include <utility>

#include "base/clock.hpp"
#include "base/task_group.hpp"
#include "embedded/embedded_turn_cache.hpp"
#include "embedded/local_turn_claims.hpp"
#include "redis/connection.hpp"
#include "redis/redis_pending_turns.hpp"
#include "redis/redis_turn_cache.hpp"
#include "redis/redis_turn_claims.hpp"
#include "support/run_coroutine.hpp"
#include "support/shared_servers.hpp"
#include "support/temp_dir.hpp"

namespace chatsync::test {
namespace {

class RedisRig final : public CacheRig {
 public:
  RedisRig(boost::asio::io_context& io, std::chrono::milliseconds session_ttl)
      : io_(io), session_ttl_(session_ttl), server_(empty_shared_redis()) {
    open();
  }
  ~RedisRig() override { close(); }

  TurnCache& cache() override { return open_->cache; }
  PendingTurns& pending() override { return open_->pending; }
  TurnClaims& claims() override { return open_->claims; }

  void restart() override {
    close();
    server_.restart();
    open();
  }

  void lose_everything() override { server_.client().command({"FLUSHALL"}); }

 private:
  struct Open {
    explicit Open(RedisRig& rig)
        : tasks(rig.io_.get_executor()),
          connection(rig.io_.get_executor(), Settings::Redis{.socket = rig.server_.socket()}, rig.clock_),
          cache(connection, rig.session_ttl_, rig.clock_),
          pending(connection, rig.session_ttl_, rig.clock_),
          claims(connection) {
      tasks.spawn("redis connection", connection.run());
    }

    TaskGroup tasks;
    redis::RedisConnection connection;
    redis::RedisTurnCache cache;
    redis::RedisPendingTurns pending;
    redis::RedisTurnClaims claims;
  };

  void open() { open_ = std::make_unique<Open>(*this); }

  void close() {
    open_->connection.stop();
    run_coroutine(io_, open_->tasks.join());
    open_.reset();
  }

  boost::asio::io_context& io_;
  std::chrono::milliseconds session_ttl_;
  RedisServer& server_;
  SystemClock clock_;
  std::unique_ptr<Open> open_;
};

class EmbeddedRig final : public CacheRig {
 public:
  explicit EmbeddedRig(std::chrono::milliseconds session_ttl) : session_ttl_(session_ttl) { open(); }

  TurnCache& cache() override { return *cache_; }
  PendingTurns& pending() override { return *cache_; }
  TurnClaims& claims() override { return *claims_; }

  void restart() override {
    claims_.reset();
    cache_.reset();
    open();
  }

  void lose_everything() override {
    claims_.reset();
    cache_.reset();
    std::filesystem::remove_all(directory_ / "data");
    open();
  }

 private:
  void open() {
    std::filesystem::create_directory(directory_ / "data");
    auto opened = embedded::open_embedded_cache(directory_ / "data" / "journal.db",
                                                {.session_ttl = session_ttl_}, clock_);
    if (!opened) throw std::runtime_error(opened.error().message);
    cache_ = std::move(*opened);
    claims_ = std::make_unique<embedded::LocalTurnClaims>(*cache_, clock_);
  }

  std::chrono::milliseconds session_ttl_;
  TempDir directory_;
  SystemClock clock_;
  std::shared_ptr<embedded::EmbeddedTurnCache> cache_;
  std::unique_ptr<embedded::LocalTurnClaims> claims_;
};

}  // namespace

void PrintTo(CacheKind kind, std::ostream* out) { *out << (kind == CacheKind::redis ? "redis" : "embedded"); }

std::unique_ptr<CacheRig> make_cache_rig(CacheKind kind, boost::asio::io_context& io,
                                         std::chrono::milliseconds session_ttl) {
  if (kind == CacheKind::redis) return std::make_unique<RedisRig>(io, session_ttl);
  return std::make_unique<EmbeddedRig>(session_ttl);
}

}  // namespace chatsync::test
