#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "test_cache/api_types.hpp"

namespace chatsync::test_cache {

/// A question that the server acknowledged.
struct Acknowledged {
  std::int64_t message = 0;  ///< from 1: which one of its client's
  std::string question;
  ChatReply reply;
};

/// A question that was sent and not acknowledged.
struct Unacknowledged {
  std::int64_t message = 0;
  std::string question;
  ApiError error;
};

/// What one client saw, in its order.
struct ClientLog {
  std::int64_t client = 1;  ///< from 1
  std::int64_t sent = 0;
  std::vector<Acknowledged> acknowledged{};
  std::vector<Unacknowledged> failed{};
  std::vector<std::chrono::microseconds> latencies{};  ///< of the acknowledged ones
};

/// A session as it was before the first question was sent.
struct SessionBefore {
  std::int64_t question_count = 0;
  std::vector<HistoryTurn> history{};  ///< its newest turns, oldest first
};

/// A session as it was read back after the last reply; absent what could not be read.
struct SessionAfter {
  std::optional<SessionStats> stats{};
  std::optional<std::vector<HistoryTurn>> history{};
};

/// All that is known of one session after a run.
struct SessionRun {
  std::string session_id;  ///< empty if the server never made one
  SessionBefore before{};
  std::vector<ClientLog> clients{};  ///< one, or several that wrote at the same time
  SessionAfter after{};
  std::vector<std::string> read_errors{};  ///< why `after` is not complete
  bool synchronised = false;               ///< `after` was read behind a successful /sync_now
};

}  // namespace chatsync::test_cache
