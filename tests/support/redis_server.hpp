#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "support/child_process.hpp"
#include "support/resp_client.hpp"
#include "support/temp_dir.hpp"

namespace chatsync::test {

/// The program that is Redis or, under the name redis-sentinel, a Sentinel.
std::filesystem::path redis_program();

/// A private Redis on a loopback port and a Unix socket, with its data in a temporary directory. It is up
/// when the constructor returns, and gone with the object. Use from one thread.
class RedisServer {
 public:
  struct Options {
    std::string appendonly = "yes";  ///< So that a restart keeps the data.
    std::string appendfsync = "everysec";
    std::string maxmemory = "0";
    std::string maxmemory_policy = "noeviction";
    std::string password;                   ///< Not empty: every client must give it.
    std::filesystem::path tls_certificate;  ///< Not empty: TCP speaks TLS only, the Unix socket plain RESP.
    std::filesystem::path tls_key;
    std::vector<std::string> extra;  ///< More command line arguments of redis-server.
    std::map<std::string, std::string> environment;
  };

  RedisServer();
  explicit RedisServer(Options options);

  std::string host() const { return "127.0.0.1"; }
  std::uint16_t port() const { return port_; }
  std::filesystem::path socket() const { return directory_ / "redis.sock"; }

  /// A new client of its own, authenticated, over the Unix socket.
  RespClient client() const;

  /// Starts a stopped server again on the same port and data, and waits until it answers.
  void start();
  /// Ends it in order (SHUTDOWN semantics of SIGTERM) and waits.
  void stop();
  void kill9();
  void restart();
  /// It keeps its connections but answers nothing until thaw().
  void freeze() const;
  void thaw() const;
  bool running();
  /// Waits for an end that is on its way; whether it came within `patience`.
  bool ended(std::chrono::milliseconds patience);

 private:
  bool try_start();

  Options options_;
  TempDir directory_;
  std::uint16_t port_ = 0;
  std::optional<ChildProcess> process_;
};

}  // namespace chatsync::test
