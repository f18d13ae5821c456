#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "prove/report.hpp"

namespace chatsync::test {

struct ProofPlan {
  int kill_points = 800;          ///< At writes, over the four of whom each is the victim in turn.
  std::size_t turns = 1'200'000;  ///< Acknowledged ones of all rounds.
  int rounds = 5;                 ///< Of each fault, at least.
  std::chrono::minutes longest{60};
  std::string server_with_faults;  ///< A binary with fail points to sweep over; empty: none.
  std::string only;                ///< Part of the names of what to run; empty: everything.
  int workers = 2;  ///< How many sweeps and faults run at the same time, each in a world of its own.
};

/// Runs the sweeps, then the faults round after round, and calls `done` after each of them, from one thread
/// at a time. What has not begun when the time is over is left out.
std::vector<ReportRow> run_proof(const ProofPlan& plan, const std::function<void(const ReportRow&)>& done);

}  // namespace chatsync::test
