// Turns that are on disk before they are answered: committed by MariaDB, and synced to the journal of the
// embedded cache. The bare loop, which waits for no disk, tells how fast the machine is.
#include <array>
#include <cstddef>

#include "run/bare_loop.hpp"
#include "run/client_load.hpp"
#include "run/rows.hpp"

namespace chatsync::bench {
namespace {

constexpr const char* kBareLoop = "bare loop, Redis, no drain";

}  // namespace

std::vector<Figure> measure_synced(Lab& lab) {
  Samples per_second;
  Samples p99_ms;
  Samples bare;
  std::array<Samples, 3> cpu_us;
  const auto synced = [&] {
    const Stack stack = lab.stack(without_drains());
    const LoadFigures figures = ClientLoad::run(
        lab.plan(), {.port = stack.chatsync->port(),
                     .durability = "synced",
                     .watched = {stack.chatsync->pid(), stack.redis_process(), process_of(lab.mariadb())}});
    for (std::size_t i = 0; i < cpu_us.size(); ++i) cpu_us[i].push_back(figures.cpu_us(i));
    per_second.push_back(figures.per_second);
    p99_ms.push_back(figures.p99_ms);
  };
  lab.interleave("synced", {synced, [&] { bare.push_back(bare_loop_per_second(lab)); }});
  return {{.what = R"(durability "synced", 64 connections)",
           .unit = "turns/s",
           .ours = per_second,
           .yardstick_name = kBareLoop,
           .yardstick = bare,
           .target = Target{Of::ratio, Sense::at_least, 12'000, bare_loop_then::kPerSecond},
           .plotted = true},
          {.what = "  p99", .unit = "ms", .ours = p99_ms},
          {.what = "  CPU of the server", .unit = "µs/turn", .ours = cpu_us[0]},
          {.what = "  CPU of Redis", .unit = "µs/turn", .ours = cpu_us[1]},
          {.what = "  CPU of MariaDB", .unit = "µs/turn", .ours = cpu_us[2]}};
}

std::vector<Figure> measure_embedded(Lab& lab) {
  Samples as_it_comes;
  Samples p99_ms;
  Samples undrained;
  Samples bare;
  const auto load = [&](const test::Environment& environment) {
    const auto chatsync = lab.embedded(environment);
    return ClientLoad::run(lab.plan(), {.port = chatsync->port()});
  };
  const auto drained = [&] {
    const LoadFigures figures = load({});
    as_it_comes.push_back(figures.per_second);
    p99_ms.push_back(figures.p99_ms);
  };
  lab.interleave("embedded",
                 {drained, [&] { undrained.push_back(load(without_drains()).per_second); },
                  [&] { bare.push_back(bare_loop_per_second(lab)); }},
                 lab.plan().quick ? 1 : 0);
  return {{.what = "embedded default, 64 connections, fsynced",
           .unit = "turns/s",
           .ours = as_it_comes,
           .yardstick_name = kBareLoop,
           .yardstick = bare,
           .target = Target{Of::ratio, Sense::at_least, 30'000, bare_loop_then::kPerSecond},
           .plotted = true,
           .note = "drained into SQLite meanwhile"},
          {.what = "  p99", .unit = "ms", .ours = p99_ms},
          {.what = "  without drains", .unit = "turns/s", .ours = undrained}};
}

}  // namespace chatsync::bench
