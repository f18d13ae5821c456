#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "support/child_process.hpp"
#include "support/mysql_client.hpp"
#include "support/temp_dir.hpp"

namespace chatsync::test {

/// A private MariaDB on a loopback port and a Unix socket, with its data in a temporary directory. It is up
/// when the constructor returns, and gone with the object. There is `root` without a
/// password on both ways, and no database but the server's own. Use from one thread.
class MariaDbServer {
 public:
  struct Options {
    std::filesystem::path tls_certificate;  ///< Not empty: the server offers TLS.
    std::filesystem::path tls_key;
    std::vector<std::string> extra;  ///< More command line arguments of mariadbd.
    std::map<std::string, std::string> environment;
  };

  MariaDbServer();
  explicit MariaDbServer(Options options);

  std::string host() const { return "127.0.0.1"; }
  std::uint16_t port() const { return port_; }
  std::filesystem::path socket() const { return directory_ / "mariadb.sock"; }

  MySqlClient client(const std::string& database = {}) const;

  /// Makes an empty database of a name of its own, for one test.
  std::string create_database();

  /// Starts a stopped server again on the same port and data, and waits until it answers.
  void start();
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
  int databases_ = 0;
  std::optional<ChildProcess> process_;
};

}  // namespace chatsync::test
