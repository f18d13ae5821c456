#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace chatsync::test {

enum class CallOutcome {
  acknowledged,  ///< The server said that the turn is recorded.
  failed,        ///< The server said that nothing was recorded, or the call never reached it.
  unknown,       ///< No whole reply came, or the server said that it does not know.
};

/// One call of POST /chat as its client saw it. The question differs from those of all other calls, so that a
/// turn whose id the client never learned can still be recognised.
struct Call {
  using Clock = std::chrono::steady_clock;

  std::string session_id;
  std::string question;
  int client = 0;
  CallOutcome outcome = CallOutcome::unknown;
  Clock::time_point invoked{};
  Clock::time_point returned{};
  std::string error{};  ///< What came instead of an acknowledgement.
  std::string code{};   ///< The API's code for that, or what happened to the connection.

  // Of the reply. A turn that the server calls recorded but not synced has no id and no number here.
  std::string turn_id{};
  std::string answer{};
  std::string created_at{};
  std::string durability{};
  std::int64_t question_count = 0;
  bool provisional = false;  ///< The reply says that number and time may still change.

  bool acknowledged() const { return outcome == CallOutcome::acknowledged; }
};

/// What clients did, in no particular order. Safe from any thread.
class History {
 public:
  void add(std::vector<Call> calls);
  /// Everything so far.
  std::vector<Call> calls() const;

 private:
  mutable std::mutex mutex_;
  std::vector<Call> calls_;
};

/// Fills in what the reply to the call says.
void read_reply(Call& call, int status, const std::string& body);

}  // namespace chatsync::test
