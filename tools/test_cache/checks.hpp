#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "test_cache/api_types.hpp"
#include "test_cache/client_log.hpp"
#include "test_cache/latency.hpp"

namespace chatsync::test_cache {

/// How many turns of a session the server keeps at hand, by the specification.
inline constexpr std::size_t kHistoryTurns = 10;

/// What is shown of one session, and what differs from what it should be.
struct SessionReport {
  std::string session_id;
  std::int64_t sent = 0;
  std::int64_t acknowledged = 0;
  std::optional<LatencySummary> latency{};
  std::int64_t count_before = 0;
  std::int64_t count_expected = 0;       ///< at least
  std::int64_t count_expected_most = 0;  ///< higher if a request ended without a reply
  std::optional<std::int64_t> count_found{};
  std::int64_t history_expected = 0;            ///< turns the history should show
  std::optional<std::int64_t> history_found{};  ///< of these, in their right place
  std::optional<std::int64_t> pending{};
  std::optional<std::int64_t> synced{};
  std::vector<std::string> differences{};  ///< one line each; empty if every check held
};

/// Every check on one session.
SessionReport check_session(const SessionRun& run);

/// What is wrong with the reply of /sync_now, or nothing.
std::optional<std::string> check_sync_reply(const SyncReply& reply);

}  // namespace chatsync::test_cache
