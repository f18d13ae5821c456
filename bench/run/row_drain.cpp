// A backlog that chatsync has recorded is moved into MariaDB: by its own drain, and by the bare one. How fast
// rows go into the same table that come from nowhere is what the store allows.
#include <fmt/format.h>

#include <stdexcept>

#include "run/client_load.hpp"
#include "run/rows.hpp"
#include "run/yardstick.hpp"

namespace chatsync::bench {

std::vector<Figure> measure_drain(Lab& lab) {
  const std::int64_t turns = lab.plan().quick ? 40'000 : 500'000;
  Samples ours;
  Samples bare;
  Samples insert;
  const auto recorded = [&] {
    Stack stack = lab.stack(without_drains());
    ClientLoad::run(lab.plan(), {.port = stack.chatsync->port(), .requests = turns});
    return stack;
  };
  const auto take = [&](const Moved& moved, Samples& samples) {
    if (moved.rows != static_cast<double>(turns)) {
      throw std::runtime_error(fmt::format("{} of {} turns were moved", moved.rows, turns));
    }
    samples.push_back(moved.per_second());
  };
  const auto drain = [&] {
    const Stack stack = recorded();
    take(sync_now(*stack.chatsync), ours);
  };
  const auto drain_bare = [&] {
    const Stack stack = recorded();
    stack.chatsync->kill9();
    take(Yardstick(lab, "bare_drain", stack.database, {"--redis-socket", stack.redis->socket()}).finish(),
         bare);
  };
  const auto insert_only = [&] {
    const Database database = lab.migrated_database();
    take(Yardstick(lab, "bare_insert", database, {"--rows", std::to_string(turns)}).finish(), insert);
  };
  lab.interleave("drain", {drain, drain_bare, insert_only});

  const std::string note = fmt::format("{} turns", text_of_number(static_cast<double>(turns)));
  return {{.what = "drain, Redis → MariaDB",
           .unit = "rows/s",
           .ours = ours,
           .yardstick_name = "bare overlapped loop",
           .yardstick = bare,
           .target = Target{Of::ratio, Sense::at_least, 0.95},
           .plotted = true,
           .note = note},
          {.what = "  beside the inserts alone",
           .unit = "rows/s",
           .ours = ours,
           .yardstick_name = "bare insert",
           .yardstick = insert}};
}

}  // namespace chatsync::bench
