#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

namespace chatsync::bench {

/// The server of `chatsync serve` in this process, with one thread for HTTP and Redis: over the Redis at the
/// given socket, with its store in a directory of its own. Nothing drains until it is destroyed.
class LocalServer {
 public:
  /// Throws std::runtime_error if it cannot start.
  explicit LocalServer(const std::filesystem::path& redis_socket);
  ~LocalServer();
  LocalServer(const LocalServer&) = delete;
  LocalServer& operator=(const LocalServer&) = delete;

  std::uint16_t port() const;

  /// Whether turns are recorded without a look at the store, as they are in the long run.
  bool settled() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chatsync::bench
