#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "prove/observe.hpp"
#include "support/recorded_load.hpp"

namespace chatsync::test {

struct SceneOptions {
  Combination combination{};
  int instances = 1;
  bool proxied = false;
};

/// A running system for faults to act on: one or more servers, their Redis and MariaDB, and per round a load
/// of clients beside which every server is told to drain, again and again. Use from one thread.
class Scene {
 public:
  explicit Scene(SceneOptions options);
  ~Scene();

  World& world() { return world_; }
  std::size_t instances() const { return servers_.size(); }
  ChatsyncProcess& server(std::size_t instance) { return *servers_.at(instance); }

  void begin_round(int clients);
  /// Heals nothing: that is the fault's part. Ends the load, drains, and compares.
  Verdict end_round();

  std::size_t acknowledged() const { return load_->acknowledged(); }
  /// Lets clients go on until that many more turns are acknowledged. Throws if they come to nothing.
  void go_on(std::size_t turns);
  /// How long a fault lasts.
  static void last(std::chrono::milliseconds duration) { std::this_thread::sleep_for(duration); }

  /// Starts a server anew that has ended, and tells the clients where.
  void start_again(std::size_t instance);

 private:
  void call_for_drains(const std::stop_token& stop, std::size_t instance);

  World world_;
  std::vector<std::unique_ptr<ChatsyncProcess>> servers_;
  std::vector<std::atomic<std::uint16_t>> ports_;
  int rounds_ = 0;
  Sessions sessions_;
  std::unique_ptr<RecordedLoad> load_;
  std::vector<std::jthread> drainers_;
};

}  // namespace chatsync::test
