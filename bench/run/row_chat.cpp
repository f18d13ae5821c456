// Turns over Redis while nothing is drained: chatsync, the bare loop with the documented commands, and the
// bare loop with the very script of chatsync, each on stores of its own that are empty at the start.
#include <fmt/format.h>

#include <exception>
#include <string>
#include <utility>

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

LoadRequest request_for(std::uint16_t port, int connections, pid_t server, pid_t redis) {
  return {.port = port, .connections = connections, .watched = {server, redis}};
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
  const auto add = [&](const char* what, const char* unit, Samples Series::* samples, double limit) {
    Figure figure{.what = what, .unit = unit, .ours = ours.*samples, .yardstick = commands.*samples};
    if (connections == 64 && limit > 0) figure.target = Target{Of::ours, Sense::at_most, limit};
    figures.push_back(std::move(figure));
  };
  add("  p50", "ms", &Series::p50_ms, 0);
  add("  p99", "ms", &Series::p99_ms, 4);
  add("  CPU of the server", "µs/turn", &Series::cpu_us, 11);
  add("  CPU of Redis", "µs/turn", &Series::redis_cpu_us, 20);
  add("  memory of the server", "MB", &Series::resident_mb, 0);
  add("  first turns of sessions", "turns/s", &Series::first_per_second, 0);
  return figures;
}

std::vector<Figure> measure_chat(Lab& lab, int connections) {
  Series ours;
  Series commands;
  Series script;
  std::string script_failure;
  const auto bare = [&](const char* mode) {
    const BareStack stack = lab.bare_stack(mode);
    return ClientLoad::run(
        lab.plan(), request_for(stack.port, connections, stack.bare_chat->pid(), stack.redis_process()));
  };
  const auto chatsync = [&] {
    const Stack stack = lab.stack(without_drains());
    return ClientLoad::run(lab.plan(), request_for(stack.chatsync->port(), connections, stack.chatsync->pid(),
                                                   stack.redis_process()));
  };
  // A yardstick that is only looked at must not take the others with it.
  const auto add_script = [&] {
    if (!script_failure.empty()) return;
    try {
      script.add(bare("script"));
    } catch (const std::exception& failure) {
      script_failure = failure.what();
    }
  };
  lab.interleave(fmt::format("chat-{}", connections),
                 {[&] { ours.add(chatsync()); }, [&] { commands.add(bare("commands")); }, add_script});

  std::vector<Figure> figures = figures_of(connections, ours, commands);
  Figure ceiling{.what = "  beside the script alone",
                 .unit = "turns/s",
                 .ours = ours.per_second,
                 .yardstick_name = "bare loop, chatsync's script"};
  if (script_failure.empty()) {
    ceiling.yardstick = script.per_second;
  } else {
    ceiling.skipped = script_failure;
  }
  figures.insert(figures.begin() + 1, std::move(ceiling));
  return figures;
}

}  // namespace

std::vector<Figure> measure_chat_at_64(Lab& lab) { return measure_chat(lab, 64); }
std::vector<Figure> measure_chat_at_256(Lab& lab) { return measure_chat(lab, 256); }

}  // namespace chatsync::bench
