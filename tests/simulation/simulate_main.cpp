// simulate [--first S] [--seeds N]        runs N seeds, prints a summary; exit 1 if a promise was broken
// simulate --seed S [--trace]             runs one, with every step if asked
// simulate --planted [NAME] [--seeds N]   runs seeds until the bug NAME, or each bug in turn, is caught
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <numeric>

#include "base/fault.hpp"
#include "simulation/quiet.hpp"
#include "simulation/run.hpp"

namespace {

namespace fault = chatsync::fault;
using chatsync::simulation::RunReport;
using chatsync::simulation::simulate;
using chatsync::simulation::simulate_many;

constexpr std::size_t kShownFailures = 5;

void print_failure(const RunReport& report) {
  fmt::print("seed {}: {}\n", report.seed, report.violations.front());
  for (std::size_t i = 1; i < report.violations.size() && i < kShownFailures; ++i)
    fmt::print("    {}\n", report.violations[i]);
}

int run_one(std::uint64_t seed, bool traced) {
  const RunReport report = simulate(seed, traced);
  fmt::print("seed {}: {} acknowledged, {} unknown, {} failed, {} faults, {} violations\n", seed,
             report.acknowledged, report.unknown, report.failed, report.faults, report.violations.size());
  for (const std::string& violation : report.violations) fmt::print("    {}\n", violation);
  return report.violations.empty() ? 0 : 1;
}

int run_seeds(std::uint64_t first, std::uint64_t count) {
  const auto begin = std::chrono::steady_clock::now();
  const std::vector<RunReport> reports = simulate_many(first, count, kShownFailures);
  RunReport sum;
  std::size_t failed = 0;
  for (const RunReport& report : reports) {
    sum.acknowledged += report.acknowledged;
    sum.unknown += report.unknown;
    sum.failed += report.failed;
    sum.appended += report.appended;
    sum.quarantined += report.quarantined;
    sum.faults += report.faults;
    sum.rewinds += report.rewinds;
    if (report.violations.empty()) continue;
    ++failed;
    print_failure(report);
  }
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  fmt::print(
      "{} seeds in {:.1f} s ({:.0f} a second): {} acknowledged turns ({} in the cache's place, {} "
      "quarantined), "
      "{} unknown, {} failed, {} faults, {} rewinds, {} seeds with violations\n",
      reports.size(), took, static_cast<double>(reports.size()) / took, sum.acknowledged, sum.appended,
      sum.quarantined, sum.unknown, sum.failed, sum.faults, sum.rewinds, failed);
  if (failed > 0) fmt::print("replay one with: simulate --seed N --trace\n");
  return failed == 0 ? 0 : 1;
}

int run_planted(const std::string& only, std::uint64_t first, std::uint64_t count) {
  bool all_caught = true;
  bool known = false;
  for (const fault::NamedBug& bug : fault::planted_bugs()) {
    if (!only.empty() && only != bug.name) continue;
    known = true;
    fault::plant(bug.bug);
    std::uint64_t tried = 0;
    RunReport report;
    while (report.violations.empty() && tried < count) report = simulate(first + tried++);
    fault::plant(std::nullopt);
    if (report.violations.empty()) {
      all_caught = false;
      fmt::print("{:<30} NOT CAUGHT in {} seeds\n", bug.name, tried);
    } else {
      fmt::print("{:<30} caught by seed {:<5} {}\n", bug.name, report.seed, report.violations.front());
    }
    std::fflush(stdout);
  }
  if (!known) fmt::print(stderr, "simulate: there is no planted bug called {}\n", only);
  return all_caught && known ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Runs the service and the synchroniser in a simulated world");
  std::uint64_t seeds = 1'000;
  std::uint64_t first = 1;
  std::uint64_t seed = 0;
  bool traced = false;
  std::string planted;
  app.add_option("--seeds", seeds, "how many seeds to run")->capture_default_str();
  app.add_option("--first", first, "the first of them")->capture_default_str();
  CLI::Option* const one = app.add_option("--seed", seed, "runs this seed alone");
  app.add_flag("--trace", traced, "prints every step of that seed");
  CLI::Option* const bugs =
      app.add_option("--planted", planted,
                     "plants this bug, or each in turn, and runs seeds until it is caught")
          ->expected(0, 1);
  CLI11_PARSE(app, argc, argv);
  chatsync::simulation::silence_logs(traced);
  if (bugs->count() > 0) return run_planted(planted, first, seeds);
  if (one->count() > 0) return run_one(seed, traced);
  return run_seeds(first, seeds);
}
