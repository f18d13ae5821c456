#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace chatsync::test {

/// `count` divided by how much slower a sanitized build is, but at least 1.
constexpr int scaled(int count) {
  return count / CHATSYNC_TEST_SCALE_DOWN > 0 ? count / CHATSYNC_TEST_SCALE_DOWN : 1;
}

struct AcknowledgedTurn {
  std::string session_id;
  std::string turn_id;
  std::int64_t question_count = 0;
  std::string question;
};

struct LoadPlan {
  std::vector<std::uint16_t> ports;   ///< Client i talks to the i-th of these, round and round.
  std::vector<std::string> sessions;  ///< And asks in the i-th of these, round and round.
  int clients = 4;
  int turns_per_client = 100;
  std::string tag = "load";  ///< Begins every question, which makes loads of one test differ.
};

struct LoadOutcome {
  std::vector<AcknowledgedTurn> acknowledged;
  std::vector<std::string> unanswered;  ///< Questions that were sent without a reply: recorded or not.
  std::vector<std::string> wrong;       ///< Replies that are not the one to what was asked.
};

/// Clients that each keep one connection and ask one question after the other, each question different from
/// all others. A client ends early when its connection breaks. Starts with construction.
class ChatLoad {
 public:
  explicit ChatLoad(LoadPlan plan);
  ~ChatLoad();

  std::size_t acknowledged_so_far() const { return acknowledged_.load(); }
  bool ended() const { return running_.load() == 0; }

  /// Waits for the end.
  LoadOutcome join();

 private:
  void run_client(int number);

  const LoadPlan plan_;
  std::atomic<std::size_t> acknowledged_{0};
  std::atomic<int> running_;
  std::mutex mutex_;
  LoadOutcome outcome_;  // Guarded by mutex_ while the threads run.
  std::vector<std::jthread> threads_;
};

}  // namespace chatsync::test
