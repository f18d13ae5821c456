// A load on a server that speaks chatsync's HTTP API; prints one line of JSON.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

#include "load/load.hpp"

namespace {

using chatsync::bench::LoadOptions;
using chatsync::bench::LoadResult;

void add_options(CLI::App& app, LoadOptions& options) {
  app.add_option("--host", options.host, "Where the server listens")->capture_default_str();
  app.add_option("--port", options.port, "Its port")->capture_default_str();
  app.add_option("--connections", options.connections, "Requests under way at a time")->capture_default_str();
  app.add_option("--seconds", options.seconds, "How long to measure")->capture_default_str();
  app.add_option("--requests", options.requests, "Send and measure so many instead; no warm-up");
  app.add_option("--warm-up", options.warm_up_seconds,
                 "Seconds of load before that, after each session's first")
      ->capture_default_str();
  app.add_option("--rate", options.rate, "Requests per second at most; 0: as fast as replies come");
  app.add_option("--sessions", options.sessions, "Sessions to spread the turns over")->capture_default_str();
  app.add_option("--session-prefix", options.session_prefix, "What their names begin with")
      ->capture_default_str();
  app.add_option("--question-bytes", options.question_bytes, "Length of each question")
      ->capture_default_str();
  app.add_option("--durability", options.durability, "cached or synced")->capture_default_str();
  app.add_option("--path", options.path, "GET this instead of POST /chat; {} stands for the session");
  app.add_option("--watch", options.watched, "Processes whose CPU time and memory are shown");
}

double percentile_ms(const LoadResult& result, double share) {
  if (result.latencies_us.empty()) return 0;
  const auto last = static_cast<double>(result.latencies_us.size() - 1);
  return static_cast<double>(result.latencies_us[static_cast<std::size_t>(share * last)]) / 1000.0;
}

void print_json(const LoadOptions& options, const LoadResult& result) {
  std::vector<std::string> watched;
  for (std::size_t i = 0; i < result.watched.size(); ++i) {
    watched.push_back(fmt::format(R"({{"process": {}, "cpu_us": {}, "waiting_us": {}, "resident_kib": {}}})",
                                  options.watched[i], result.watched[i].cpu_us, result.watched[i].waiting_us,
                                  result.watched[i].resident_kib));
  }
  fmt::print(
      R"({{"connections": {}, "first_per_second": {:.0f}, "seconds": {:.3f}, "turns": {}, "turns_per_second": {:.0f}, "p50_ms": {:.3f}, )"
      R"("p95_ms": {:.3f}, "p99_ms": {:.3f}, "max_ms": {:.3f}, "watched": [{}]}})"
      "\n",
      options.connections, result.first_per_second, result.seconds, result.latencies_us.size(),
      static_cast<double>(result.latencies_us.size()) / result.seconds, percentile_ms(result, 0.5),
      percentile_ms(result, 0.95), percentile_ms(result, 0.99), percentile_ms(result, 1),
      fmt::join(watched, ", "));
}

}  // namespace

int main(int argc, char** argv) {
  LoadOptions options;
  CLI::App app{"Closed-loop load on a chatsync server; prints one line of JSON."};
  add_options(app, options);
  CLI11_PARSE(app, argc, argv);
  print_json(options, chatsync::bench::Load(options).run());
  return 0;
}
