// Kills every part of a running chatsync at every write, lets every fault strike into its load, and prints
// what was lost, doubled or misnumbered. Exits with 1 unless that is nothing and there was as much as was
// asked for.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <sstream>

#include "prove/jobs.hpp"
#include "support/child_process.hpp"

namespace {

using namespace chatsync::test;

struct Options {
  ProofPlan plan;
  int minutes = 60;
  std::string simulator;
  std::string seeds = "50000";
  std::string output_directory;
};

SimulatorReport simulate(const Options& options) {
  SimulatorReport report;
  if (options.simulator.empty()) return report;
  report.ran = report.clean = true;
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--seeds", options.seeds}, std::vector<std::string>{"--planted"}}) {
    fmt::print("simulate {}\n", fmt::join(arguments, " "));
    std::fflush(stdout);
    const CommandOutcome outcome = run_command({.program = options.simulator, .arguments = arguments},
                                               std::chrono::minutes(options.minutes));
    report.clean = report.clean && outcome.status == 0;
    report.output += outcome.standard_output + outcome.standard_error;
  }
  std::istringstream lines(report.output);
  for (std::string line; std::getline(lines, line);) {
    const bool caught = line.find(" caught by seed ") != std::string::npos;
    report.caught += caught ? 1 : 0;
    report.planted += caught || line.find(" NOT CAUGHT ") != std::string::npos ? 1 : 0;
  }
  return report;
}

bool holds(const Report& report, const ProofPlan& plan) {
  const ReportRow total = report.total();
  bool complete = true;
  for (const ReportRow& row : report.rows) complete = complete && row.failure.empty();
  if (!total.verdict.clean()) fmt::print("Not proven: there are violations.\n");
  if (!complete) fmt::print("Not proven: not everything ran to its end.\n");
  if (report.simulator.ran && !report.simulator.clean)
    fmt::print("Not proven: see the simulator's output.\n");
  bool enough = true;
  if (plan.only.empty()) {
    enough = total.kill_points >= plan.kill_points && total.verdict.acknowledged >= plan.turns;
    if (!enough) fmt::print("Not proven: fewer kill points or turns than asked for.\n");
  }
  return total.verdict.clean() && complete && enough && (!report.simulator.ran || report.simulator.clean);
}

int run(Options& options) {
  options.plan.longest = std::chrono::minutes(options.minutes);
  Report report;
  report.simulator = simulate(options);
  report.rows = run_proof(options.plan, [](const ReportRow& row) {
    fmt::print("{}: {} rounds, {} turns, {} violations, {:.0f} s{}{}\n", row.fault, row.rounds,
               row.verdict.acknowledged, row.verdict.violations.size(), row.seconds,
               row.failure.empty() ? "" : "; ", row.failure);
    std::fflush(stdout);
  });
  const std::string table = as_table(report);
  fmt::print("\n{}\n", table);
  if (!options.output_directory.empty()) {
    std::filesystem::create_directories(options.output_directory);
    write_file(std::filesystem::path(options.output_directory) / "prove.txt", table);
    write_file(std::filesystem::path(options.output_directory) / "prove.json", as_json(report));
  }
  return holds(report, options.plan) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Proves that chatsync neither loses nor doubles nor misnumbers a turn.");
  app.add_option("--kill-points", options.plan.kill_points, "Kills of the sweeps together");
  app.add_option("--turns", options.plan.turns, "Acknowledged turns of all rounds together");
  app.add_option("--rounds", options.plan.rounds, "Rounds of each fault");
  app.add_option("--minutes", options.minutes, "Nothing begins after that time");
  app.add_option("--workers", options.plan.workers, "Sweeps and faults that run at the same time");
  app.add_option("--server-with-faults", options.plan.server_with_faults,
                 "A server with fail points, to be killed at each of its steps");
  app.add_option("--only", options.plan.only, "Run what has this in its name");
  app.add_option("--seeds", options.seeds, "Seeds of the simulator");
  app.add_option("--simulator", options.simulator,
                 "The simulator's binary; without it there is no simulation");
  app.add_option("--output", options.output_directory, "Directory for prove.txt and prove.json");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(options);
  } catch (const std::exception& broken) {
    fmt::print(stderr, "prove: {}\n", broken.what());
    return 1;
  }
}
