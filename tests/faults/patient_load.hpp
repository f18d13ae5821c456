#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/chat_load.hpp"

namespace chatsync::test {

struct PatientPlan {
  std::vector<std::uint16_t> ports;  ///< Client i begins with the i-th; each goes to the next when one fails.
  std::vector<std::string> sessions;  ///< Client i asks in these, one after the other, from the i-th on.
  int clients = 2;
  std::string tag = "load";  ///< Begins every question, which makes loads of one test differ.
  std::string durability = "cached";
};

struct PatientOutcome {
  std::vector<AcknowledgedTurn> acknowledged;
  std::map<std::string, int>
      refused;                       ///< How often the server said 503 with this code: nothing was accepted.
  std::vector<std::string> unknown;  ///< Questions that may be recorded or not.
  std::vector<std::string> wrong;    ///< Replies that are neither.
};

/// Clients that go on asking, each question different from all others, whatever becomes of the server, until
/// they are stopped. Starts with construction.
class PatientLoad {
 public:
  explicit PatientLoad(PatientPlan plan);
  ~PatientLoad();

  std::size_t acknowledged_so_far() const { return acknowledged_.load(); }
  std::size_t refused_so_far() const { return refused_.load(); }
  /// Waits until so many more are acknowledged; fails the test if that does not happen.
  void await_more(std::size_t turns) const;

  /// Ends the clients after their present question.
  PatientOutcome stop();

 private:
  void run_client(std::size_t number);
  void ask(class HttpClient& client, const std::string& session_id, const std::string& question,
           PatientOutcome& mine);

  const PatientPlan plan_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> acknowledged_{0};
  std::atomic<std::size_t> refused_{0};
  std::mutex mutex_;
  PatientOutcome outcome_;  // Guarded by mutex_ while the threads run.
  std::vector<std::jthread> threads_;
};

}  // namespace chatsync::test
