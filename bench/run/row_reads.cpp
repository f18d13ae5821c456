// Reading what was said: the last 10 turns, which the cache has, and pages of 50, which are in the store. The
// bare loop, which takes turns, tells how fast the machine is.
#include "run/bare_loop.hpp"
#include "run/client_load.hpp"
#include "run/rows.hpp"
#include "run/yardstick.hpp"

namespace chatsync::bench {

std::vector<Figure> measure_reads(Lab& lab) {
  const int sessions = lab.plan().quick ? 300 : 1'000;
  const Stack stack = lab.stack(without_drains());
  // So many that no session has fewer than 50, by any chance that matters.
  ClientLoad::run(
      lab.plan(),
      {.port = stack.chatsync->port(), .requests = std::int64_t{100} * sessions, .sessions = sessions});
  sync_now(*stack.chatsync);
  Samples recent;
  Samples pages;
  Samples bare;
  const auto read = [&](const char* path, Samples& samples) {
    samples.push_back(
        ClientLoad::run(lab.plan(), {.port = stack.chatsync->port(), .sessions = sessions, .path = path})
            .per_second);
  };
  lab.interleave("reads", {[&] { read("/sessions/{}/messages?limit=10", recent); },
                           [&] { read("/sessions/{}/messages?limit=50", pages); },
                           [&] { bare.push_back(bare_loop_per_second(lab)); }});
  return {{.what = "the 10 last turns, from the cache",
           .unit = "requests/s",
           .ours = recent,
           .yardstick_name = "turns of the bare loop",
           .yardstick = bare,
           .target = Target{Of::ratio, Sense::at_least, 40'000, bare_loop_then::kPerSecond},
           .plotted = true},
          {.what = "a page of 50 turns, from the store",
           .unit = "requests/s",
           .ours = pages,
           .yardstick_name = "turns of the bare loop",
           .yardstick = bare,
           .target = Target{Of::ratio, Sense::at_least, 5'000, bare_loop_then::kPerSecond},
           .plotted = true}};
}

}  // namespace chatsync::bench
