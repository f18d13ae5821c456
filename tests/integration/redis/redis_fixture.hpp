#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/task_group.hpp"
#include "contract/coroutine_test.hpp"
#include "contract/turns.hpp"
#include "redis/connection.hpp"
#include "redis/redis_pending_turns.hpp"
#include "redis/redis_turn_cache.hpp"
#include "support/redis_server.hpp"
#include "support/shared_servers.hpp"

namespace chatsync::test {

/// A connection with its run() under way, and the cache on it. Ends in order with the object.
class RedisUser {
 public:
  static constexpr std::chrono::hours kTtl{24};

  RedisUser(boost::asio::io_context& io, Settings::Redis settings,
            std::shared_ptr<redis::LastTurns> shared = std::make_shared<redis::LastTurns>())
      : io_(io),
        tasks_(io.get_executor()),
        last_turns(std::move(shared)),
        connection(io.get_executor(), std::move(settings), clock_),
        cache(connection, kTtl, clock_, last_turns),
        pending(connection, kTtl, clock_) {
    tasks_.spawn("redis connection", connection.run());
  }
  ~RedisUser() {
    connection.stop();
    run_coroutine(io_, tasks_.join());
  }
  RedisUser(const RedisUser&) = delete;
  RedisUser& operator=(const RedisUser&) = delete;

 private:
  boost::asio::io_context& io_;
  SystemClock clock_;
  TaskGroup tasks_;

 public:
  const std::shared_ptr<redis::LastTurns> last_turns;
  redis::RedisConnection connection;
  redis::RedisTurnCache cache;
  redis::RedisPendingTurns pending;
};

/// Everything in Redis: each key with its TTL state and content.
inline std::map<std::string, std::string> everything_in(RespClient& client) {
  std::map<std::string, std::string> all;
  for (const std::string& key : client.keys()) {
    all[key] = client.content(key) + (client.integer({"PTTL", key}) < 0 ? " lasting" : " expiring");
  }
  return all;
}

/// A test against the process' shared Redis, empty at the beginning.
class RedisTest : public CoroutineTest {
 protected:
  RedisUser& user() { return *user_; }
  redis::RedisTurnCache& cache() { return user_->cache; }
  redis::RedisPendingTurns& pending_turns() { return user_->pending; }
  RespClient& client() { return client_; }
  RedisServer& server() { return server_; }

  std::unique_ptr<RedisUser> another_user() {
    return std::make_unique<RedisUser>(io(), Settings::Redis{.socket = server_.socket()});
  }
  /// One of the same process, on another thread.
  std::unique_ptr<RedisUser> another_thread() {
    return std::make_unique<RedisUser>(io(), Settings::Redis{.socket = server_.socket()}, user_->last_turns);
  }

  Result<RecordOutcome> try_record(Turn turn, SessionPresence presence = SessionPresence::known_new) {
    return await(record_turn(cache(), std::move(turn), presence));
  }
  RecordOutcome record(Turn turn, SessionPresence presence = SessionPresence::known_new) {
    return ok(record_turn(cache(), std::move(turn), presence));
  }

  /// A whole pass as one batch.
  SharedBatch claim(PassKind kind = PassKind::indexed, std::size_t max_turns = 100) {
    TurnBatch all;
    const auto pass = pending_turns().begin_pass(kind);
    while (true) {
      TurnBatch batch = ok(pass->next(max_turns));
      if (batch.empty()) return std::make_shared<const TurnBatch>(std::move(all));
      all.of_relief = batch.of_relief;
      for (Session& session : batch.sessions) all.sessions.push_back(std::move(session));
      for (PendingTurn& turn : batch.turns) all.turns.push_back(std::move(turn));
      for (DeadLetter& letter : batch.dead_letters) all.dead_letters.push_back(std::move(letter));
    }
  }
  std::size_t acknowledge(SharedBatch batch) { return ok(pending_turns().acknowledge(std::move(batch))); }

 private:
  RedisServer& server_ = empty_shared_redis();
  RespClient client_ = server_.client();
  std::unique_ptr<RedisUser> user_ =
      std::make_unique<RedisUser>(io(), Settings::Redis{.socket = server_.socket()});
};

}  // namespace chatsync::test
