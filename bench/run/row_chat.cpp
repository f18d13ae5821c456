// Turns over Redis while nothing is drained: chatsync, the bare loop with the documented commands, and the
// bare loop that records as chatsync does, each on stores of its own that are empty at the start. Between the
// last two lies what chatsync costs beyond its way to record.
//
// Targets in milliseconds and microseconds hold for 64 connections. That for the server's own CPU time can be
// read in two ways, since what the kernel takes for a read and a write grows otherwise from machine to
// machine than what everything else takes: as a multiple of the bare loop's, and by what goes beyond that, as
// a share of the time in which the bare loop takes a turn. Both are shown.
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "run/bare_loop.hpp"
#include "run/client_load.hpp"
#include "run/rows.hpp"

namespace chatsync::bench {
namespace {

struct Series {
  Samples per_second;
  Samples first_per_second;
  Samples p50_ms;
  Samples p99_ms;
  Samples cpu_us;
  Samples redis_cpu_us;
  Samples resident_mb;

  void add(const LoadFigures& figures) {
    per_second.push_back(figures.per_second);
    first_per_second.push_back(figures.first_per_second);
    p50_ms.push_back(figures.p50_ms);
    p99_ms.push_back(figures.p99_ms);
    cpu_us.push_back(figures.cpu_us(0));
    redis_cpu_us.push_back(figures.cpu_us(1));
    resident_mb.push_back(static_cast<double>(figures.watched[0].resident_kib) / 1'024);
  }
};

/// Of each round.
Samples beyond(const Samples& ours, const Samples& bare) {
  Samples result;
  for (std::size_t i = 0; i < std::min(ours.size(), bare.size()); ++i) result.push_back(ours[i] - bare[i]);
  return result;
}

Samples us_of_a_turn(Samples per_second) {
  for (double& sample : per_second) sample = 1e6 / sample;
  return per_second;
}

std::vector<Figure> ceiling(const Series& ours, const Series& transactions, const std::string& failure) {
  if (!failure.empty()) return {{.what = "  beside its own way to record", .unit = {}, .skipped = failure}};
  return {{.what = "  beside its own way to record",
           .unit = "turns/s",
           .ours = ours.per_second,
           .yardstick_name = "bare loop, chatsync's transactions",
           .yardstick = transactions.per_second},
          {.what = "    CPU of Redis",
           .unit = "µs/turn",
           .ours = ours.redis_cpu_us,
           .yardstick = transactions.redis_cpu_us}};
}

std::vector<Figure> figures_of(int connections, const Series& ours, const Series& commands) {
  std::vector<Figure> figures;
  figures.push_back({.what = fmt::format("POST /chat, Redis, {} connections", connections),
                     .unit = "turns/s",
                     .ours = ours.per_second,
                     .yardstick_name = "bare loop, MULTI … EXEC",
                     .yardstick = commands.per_second,
                     .target = Target{Of::ratio, Sense::at_least, 0.85},
                     .plotted = true});
  const auto add = [&](const char* what, const char* unit, Samples Series::* samples, double limit = 0,
                       double beside = 0) {
    Figure figure{.what = what, .unit = unit, .ours = ours.*samples, .yardstick = commands.*samples};
    if (connections == 64 && limit > 0) figure.target = Target{Of::ratio, Sense::at_most, limit, beside};
    figures.push_back(std::move(figure));
  };
  constexpr double kServerUs = 11;
  add("  p50", "ms", &Series::p50_ms);
  add("  p99", "ms", &Series::p99_ms, 4, bare_loop_then::kP99Ms);
  add("  CPU of the server", "µs/turn", &Series::cpu_us, kServerUs, bare_loop_then::kCpuUs);
  if (connections == 64) {
    figures.push_back({.what = "    beyond the bare loop's",
                       .unit = "µs/turn",
                       .ours = beyond(ours.cpu_us, commands.cpu_us),
                       .yardstick_name = "from turn to turn of the bare loop",
                       .yardstick = us_of_a_turn(commands.per_second),
                       .target = Target{Of::ratio, Sense::at_most, kServerUs - bare_loop_then::kCpuUs,
                                        1e6 / bare_loop_then::kPerSecond}});
  }
  add("  CPU of Redis", "µs/turn", &Series::redis_cpu_us, 20, bare_loop_then::kRedisCpuUs);
  add("  memory of the server", "MB", &Series::resident_mb);
  add("  first turns of sessions", "turns/s", &Series::first_per_second);
  return figures;
}

std::vector<Figure> measure_chat(Lab& lab, int connections) {
  Series ours;
  Series commands;
  Series transactions;
  std::string failed;
  const auto chatsync = [&] {
    const Stack stack = lab.stack(without_drains());
    ours.add(ClientLoad::run(lab.plan(), {.port = stack.chatsync->port(),
                                          .connections = connections,
                                          .watched = {stack.chatsync->pid(), stack.redis_process()}}));
  };
  // A yardstick that is only looked at must not take the others with it.
  const auto by_transactions = [&] {
    if (!failed.empty()) return;
    try {
      transactions.add(run_bare_loop(lab, "transactions", connections));
    } catch (const std::exception& failure) {
      failed = failure.what();
    }
  };
  lab.interleave(
      fmt::format("chat-{}", connections),
      {chatsync, [&] { commands.add(run_bare_loop(lab, "commands", connections)); }, by_transactions});
  std::vector<Figure> figures = figures_of(connections, ours, commands);
  const std::vector<Figure> beside_own = ceiling(ours, transactions, failed);
  figures.insert(figures.begin() + 1, beside_own.begin(), beside_own.end());
  return figures;
}

}  // namespace

std::vector<Figure> measure_chat_at_64(Lab& lab) { return measure_chat(lab, 64); }
std::vector<Figure> measure_chat_at_256(Lab& lab) { return measure_chat(lab, 256); }

}  // namespace chatsync::bench
