// Measures what the service promises of speed: each row starts fresh private servers, and what is compared is
// measured in turns in the same run.
#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "run/build_type.hpp"
#include "run/lab.hpp"
#include "run/machine.hpp"
#include "run/progress.hpp"
#include "run/report.hpp"
#include "run/rows.hpp"
#include "support/child_process.hpp"

namespace {

namespace bench = chatsync::bench;

constexpr int kNothingMeasured = 2;

bool is_wanted(const bench::Row& row, const bench::Plan& plan) {
  if (plan.only.empty()) return !row.on_request_only;
  return std::ranges::find(plan.only, row.name) != plan.only.end();
}

void list_rows() {
  for (const bench::Row& row : bench::rows()) {
    fmt::print("{:<16} {}{}\n", row.name, row.about, row.on_request_only ? " (only when named)" : "");
  }
}

/// One line that says why nothing can be measured; empty if it can.
std::string objection_to(const bench::Plan& plan) {
  for (const std::string& name : plan.only) {
    if (std::ranges::find(bench::rows(), name, &bench::Row::name) == bench::rows().end()) {
      return fmt::format("no row is named {}: see --list", name);
    }
  }
  std::vector<std::filesystem::path> programs{plan.chatsync};
  for (const char* name : {"chat_load", "bare_chat", "bare_drain", "bare_insert"}) {
    programs.push_back(plan.programs / name);
  }
  for (const auto& program : programs) {
    if (std::string objection = bench::objection_to(program); !objection.empty()) return objection;
  }
  return {};
}

std::vector<bench::Figure> measure(const bench::Row& row, bench::Lab& lab) {
  std::vector<bench::Figure> figures;
  try {
    figures = row.measure(lab);
  } catch (const std::exception& failure) {
    figures = {{.what = std::string(row.about), .unit = {}, .skipped = failure.what()}};
    bench::show_progress(fmt::format("{}: {}", row.name, failure.what()));
  }
  for (bench::Figure& figure : figures) figure.row = row.name;
  return figures;
}

/// Thousands of connections are held on both sides; children inherit the limit.
void raise_limit_of_files() {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

void run(const bench::Plan& plan) {
  bench::Report report{.plan = plan, .machine = bench::look_at_machine(), .figures = {}};
  if (!report.machine.quiet) fmt::print(stderr, "{}\n", bench::warning_of(report.machine));
  bench::Lab lab(plan);
  for (const bench::Row& row : bench::rows()) {
    if (!is_wanted(row, plan)) continue;
    std::ranges::move(measure(row, lab), std::back_inserter(report.figures));
  }
  fmt::print("\n{}", bench::text_of(report));
  std::filesystem::create_directories(plan.results);
  chatsync::test::write_file(plan.results / "bench.json", bench::json_of(report));
  chatsync::test::write_file(plan.results / "bench.svg", bench::svg_of(report));
  fmt::print("\n{} and bench.svg are written\n", (plan.results / "bench.json").string());
}

}  // namespace

int main(int argc, char** argv) try {
  bench::Plan plan;
  plan.programs = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  plan.chatsync = plan.programs / "chatsync";
  plan.results = "bench/results";
  bool list = false;
  CLI::App app{"Measures chatsync beside bare programs that do the same, and prints a table."};
  app.add_flag("--quick", plan.quick,
               "The whole table within two minutes or so, with shorter and fewer rounds");
  app.add_option("--only", plan.only, "Rows to measure, by name")->delimiter(',');
  auto* rounds = app.add_option("--rounds", plan.rounds, "How often each is measured (5; quick: 2)");
  auto* seconds = app.add_option("--seconds", plan.seconds, "How long each load is (10; quick: 1)");
  app.add_flag("--list", list, "Show the rows and end");
  app.add_option("--results", plan.results, "Directory of the files")->capture_default_str();
  app.add_option("--chatsync", plan.chatsync, "Another server to measure; a Release build too");
  CLI11_PARSE(app, argc, argv);
  if (list) {
    list_rows();
    return 0;
  }
  if (plan.quick) {
    if (rounds->empty()) plan.rounds = 2;
    if (seconds->empty()) plan.seconds = 1;
    plan.warm_up_seconds = 0.3;
  }
  if (const std::string objection = objection_to(plan); !objection.empty()) {
    fmt::print(stderr, "bench: {}\n", objection);
    return kNothingMeasured;
  }
  raise_limit_of_files();
  run(plan);
  return 0;
} catch (const std::exception& failure) {
  std::fprintf(stderr, "bench: %s\n", failure.what());
  return kNothingMeasured;
}
