#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/history.hpp"
#include "support/http_client.hpp"

namespace chatsync::test {

struct RecordedLoadPlan {
  std::vector<std::uint16_t> ports;   ///< One for each instance of the server; 0: not up yet.
  std::vector<std::string> sessions;  ///< Every client asks in all of them, in turn.
  int clients = 4;
  std::size_t turns =
      0;            ///< Of one client, after which it ends, acknowledged or not; 0: until it is stopped.
  std::string tag;  ///< Begins every question, which makes the loads on one world differ.
  int synced_every = 16;  ///< Of so many calls one asks for durability "synced"; 0: none.
  std::chrono::seconds time_out{5};
  std::chrono::milliseconds pause{0};  ///< Between the calls of a client.
};

/// Clients that go through every failure: each asks one question after the other, never one twice, on a
/// connection it keeps; when that breaks, it opens one to the next instance. Each call is recorded. Starts
/// with construction; stops with destruction at the latest.
class RecordedLoad {
 public:
  explicit RecordedLoad(RecordedLoadPlan plan);

  std::size_t acknowledged() const { return acknowledged_.load(); }
  bool ended() const { return running_.load() == 0; }

  /// Where the instance listens from here on.
  void move_to(std::size_t instance, std::uint16_t port) { ports_.at(instance) = port; }

  /// Lets every client end its present call and waits for them. All calls that were made.
  std::vector<Call> finish();

 private:
  struct Client;

  void run_client(const std::stop_token& stop, int number);
  void ask(Client& client, Call& call, bool synced);
  void pause(const std::stop_token& stop, std::chrono::milliseconds time);

  const RecordedLoadPlan plan_;
  std::vector<std::atomic<std::uint16_t>> ports_;
  std::atomic<std::size_t> acknowledged_{0};
  std::atomic<int> running_;
  std::mutex mutex_;
  std::condition_variable_any stopped_;
  History history_;
  std::vector<std::jthread> threads_;
};

}  // namespace chatsync::test
