#pragma once

#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "support/chat_load.hpp"
#include "support/chatsync_process.hpp"
#include "support/fault_proxy.hpp"
#include "support/mariadb_server.hpp"
#include "support/redis_server.hpp"
#include "support/sentinel_set.hpp"

namespace chatsync::test {

/// Which cache and which store the server runs on.
struct Combination {
  bool redis = false;  ///< Else the embedded cache.
  bool mysql = false;  ///< Else SQLite.
};
void PrintTo(const Combination& combination, std::ostream* out);

inline constexpr Combination kNothingInstalled{};
inline constexpr Combination kRedisAndMySql{.redis = true, .mysql = true};

/// How the servers around the one under test are.
struct WorldOptions {
  RedisServer::Options redis{};
  MariaDbServer::Options mariadb{};
  std::filesystem::path server{};  ///< The server under test; empty: the one of this build.
  int sentinels = 0;               ///< Above 0: Redis is a master with a replica, watched by so many.
  bool proxied = false;            ///< Servers under test reach Redis and MariaDB through a fault proxy each.
};

/// Everything around a server under test: the Redis and MariaDB that it needs, started for this object alone,
/// and a data directory. Servers under test come and go; this stays.
class World {
 public:
  explicit World(Combination combination, WorldOptions options = {});

  /// The settings that make a server run on this. `more` is added, and goes before.
  Environment environment(Environment more = {}) const;
  std::unique_ptr<ChatsyncProcess> start(Environment more = {}) const;

  /// The master, if there are Sentinels.
  RedisServer& redis() { return sentinels_ ? sentinels_->current_master() : *redis_; }
  SentinelSet& sentinels() { return *sentinels_; }
  MariaDbServer& mariadb() { return *mariadb_; }
  FaultProxy& redis_proxy() { return *redis_proxy_; }
  FaultProxy& mariadb_proxy() { return *mariadb_proxy_; }
  const std::filesystem::path& server() const { return server_; }
  const Combination& combination() const { return combination_; }
  const std::string& database() const { return database_; }
  std::filesystem::path data_dir() const { return directory_ / "data"; }
  std::filesystem::path operator/(const std::string& name) const { return directory_ / name; }

  /// Reads the store's tables behind the server's back.
  std::vector<SqlRow> rows(const std::string& sql) const;
  /// Changes them, with one statement; SQLite's only while no server runs.
  void execute(const std::string& sql) const;
  std::int64_t integer(const std::string& sql) const { return std::stoll(rows(sql).at(0).at(0).value()); }
  std::vector<std::string> column(const std::string& sql) const;

 private:
  Combination combination_;
  std::filesystem::path server_;
  TempDir directory_;
  std::unique_ptr<RedisServer> redis_;
  std::unique_ptr<SentinelSet> sentinels_;
  std::unique_ptr<MariaDbServer> mariadb_;
  std::string database_;
  std::unique_ptr<FaultProxy> redis_proxy_;
  std::unique_ptr<FaultProxy> mariadb_proxy_;
};

inline auto every_combination() {
  return ::testing::Values(Combination{}, Combination{.redis = true}, Combination{.mysql = true},
                           kRedisAndMySql);
}
inline std::string combination_name(const ::testing::TestParamInfo<Combination>& info) {
  return ::testing::PrintToString(info.param);
}

/// Asks a question; the reply's JSON. Fails the test unless the status is 200.
boost::json::object chat(HttpClient& client, const std::string& session_id, const std::string& message);
/// Asks "question <n>" for each number.
void chat_numbers(HttpClient& client, const std::string& session_id, int first, int last);
/// Drains; how many turns it moved. Fails the test unless the status is 200.
std::int64_t sync_now(HttpClient& client);
/// The body of a GET that must be answered 200.
boost::json::object get_json(HttpClient& client, const std::string& target);
/// `seq` of every stored turn of the session, in the order of their time stamps.
std::vector<std::int64_t> stored_seqs(const World& world, const std::string& session_id);
/// 1 … `last`.
std::vector<std::int64_t> one_to(std::int64_t last);

}  // namespace chatsync::test
