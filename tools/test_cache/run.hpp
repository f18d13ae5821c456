#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "test_cache/api_types.hpp"
#include "test_cache/checks.hpp"
#include "test_cache/options.hpp"

namespace chatsync::test_cache {

/// Everything that one run shows, in any of its forms.
struct RunReport {
  std::string url;
  std::optional<SyncReply> sync{};         ///< what /sync_now answered
  std::optional<SessionStats> stats{};     ///< with Action::stats
  std::vector<SessionReport> sessions{};   ///< with Action::send
  std::vector<std::string> differences{};  ///< that belong to no session
};

/// True if every check held.
bool passed(const RunReport& report);

/// Runs what the options ask for. The error is one line for a run that could not be made at all:
/// no server, or an unknown session with Action::stats.
std::expected<RunReport, std::string> run(const Options& options);

}  // namespace chatsync::test_cache
