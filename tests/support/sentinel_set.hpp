#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/child_process.hpp"
#include "support/redis_server.hpp"
#include "support/resp_client.hpp"
#include "support/temp_dir.hpp"

namespace chatsync::test {

/// A private Redis Sentinel on a loopback port that watches one master, and needs no other's vote to see it
/// down. It answers when the constructor returns, and is gone with the object.
class Sentinel {
 public:
  static constexpr const char* kMaster = "mymaster";

  struct Options {
    std::string password{};         ///< Not empty: every client must give it.
    std::string master_password{};  ///< For the master and its replicas.
  };

  explicit Sentinel(const RedisServer& master) : Sentinel(master, Options{}) {}
  Sentinel(const RedisServer& master, Options options);

  std::uint16_t port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  /// A new client, authenticated.
  RespClient client() const;
  /// The port of the master, as it tells everybody.
  std::uint16_t master_port() const;

  void kill9();
  void freeze() const;
  void thaw() const;

 private:
  bool try_start(const RedisServer& master);

  Options options_;
  TempDir directory_;
  std::uint16_t port_ = 0;
  std::optional<ChildProcess> process_;
};

/// A master with one replica in step with it, and Sentinels that know both.
class SentinelSet {
 public:
  explicit SentinelSet(int sentinels = 1, RedisServer::Options servers = {});

  RedisServer& master() { return master_; }
  RedisServer& replica() { return replica_; }
  RedisServer& current_master() { return failed_over_ ? replica_ : master_; }
  Sentinel& sentinel(std::size_t index) { return *sentinels_.at(index); }
  /// As REDIS_SENTINELS takes them.
  std::string addresses() const;

  /// Waits until the replica has all that the master has.
  void await_in_step();
  /// From here on the replica gets nothing more of what the master takes, although the Sentinels still take
  /// it for a good one.
  void cut_replication();
  /// Kills the master and waits until the replica is master in its place.
  void fail_over();

 private:
  void await_known_replica();

  RedisServer::Options options_;
  RedisServer master_;
  RedisServer replica_;
  std::vector<std::unique_ptr<Sentinel>> sentinels_;
  bool failed_over_ = false;
};

}  // namespace chatsync::test
