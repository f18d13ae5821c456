#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "prove/report.hpp"

namespace chatsync::test {

struct ProofPlan {
  int kill_points = 520;
  std::size_t turns = 1'050'000;  ///< Acknowledged ones of all rounds.
  int rounds = 3;                 ///< Of each fault, at least.
  std::chrono::minutes longest{60};
  std::string only;  ///< Part of the names of what to run; empty: everything.
  int workers = 2;   ///< How many sweeps and faults run at the same time, each in a world of its own.
};

/// Runs the sweeps, then the faults round after round, and calls `done` after each of them, from one thread
/// at a time. What has not begun when the time is over is left out.
std::vector<ReportRow> run_proof(const ProofPlan& plan, const std::function<void(const ReportRow&)>& done);

}  // namespace chatsync::test
