// A backlog that chatsync has recorded is moved into MariaDB: by its own drain, and by the bare one. How fast
// rows go into the same table that come from nowhere is what the store allows. What each
// of the three programs takes of the CPU, and how little of the time Redis has nothing to do, tells who holds
// a drain.
#include <fmt/format.h>

#include <stdexcept>

#include "load/process_use.hpp"
#include "run/client_load.hpp"
#include "run/rows.hpp"
#include "run/yardstick.hpp"

namespace chatsync::bench {
namespace {

struct Series {
  Samples per_second;
  Samples own_cpu_us;
  Samples redis_cpu_us;
  Samples mariadb_cpu_us;
  Samples redis_busy_percent;
};

/// What servers take until it is asked.
class ServerUse {
 public:
  ServerUse(Lab& lab, const test::RedisServer& redis)
      : redis_(process_of(redis)),
        mariadb_(process_of(lab.mariadb())),
        redis_before_(process_use(redis_)),
        mariadb_before_(process_use(mariadb_)) {}

  void add_to(Series& series, const Moved& moved) const {
    series.per_second.push_back(moved.per_second());
    series.own_cpu_us.push_back(moved.cpu_us / moved.rows);
    const ProcessUse redis = use_between(redis_before_, process_use(redis_));
    const ProcessUse mariadb = use_between(mariadb_before_, process_use(mariadb_));
    series.redis_cpu_us.push_back(static_cast<double>(redis.cpu_us) / moved.rows);
    series.mariadb_cpu_us.push_back(static_cast<double>(mariadb.cpu_us) / moved.rows);
    series.redis_busy_percent.push_back(busy_percent(redis, moved.seconds));
  }

 private:
  pid_t redis_;
  pid_t mariadb_;
  ProcessUse redis_before_;
  ProcessUse mariadb_before_;
};

}  // namespace

std::vector<Figure> measure_drain(Lab& lab) {
  const std::int64_t turns = lab.plan().quick ? 40'000 : 500'000;
  Series ours;
  Series bare;
  Samples insert;
  const auto recorded = [&] {
    Stack stack = lab.stack(without_drains());
    ClientLoad::run(lab.plan(), {.port = stack.chatsync->port(), .requests = turns});
    return stack;
  };
  const auto all_of = [&](const Moved& moved) {
    if (moved.rows == static_cast<double>(turns)) return moved;
    throw std::runtime_error(fmt::format("{} of {} turns were moved", moved.rows, turns));
  };
  const auto drain = [&] {
    const Stack stack = recorded();
    const ServerUse use(lab, *stack.redis);
    use.add_to(ours, all_of(sync_now(*stack.chatsync)));
  };
  const auto drain_bare = [&] {
    const Stack stack = recorded();
    stack.chatsync->kill9();
    const ServerUse use(lab, *stack.redis);
    use.add_to(bare,
               all_of(Yardstick(lab, "bare_drain", stack.database, {"--redis-socket", stack.redis->socket()})
                          .finish()));
  };
  const auto insert_only = [&] {
    const Database database = lab.migrated_database();
    const Moved moved =
        all_of(Yardstick(lab, "bare_insert", database, {"--rows", std::to_string(turns)}).finish());
    insert.push_back(moved.per_second());
  };
  lab.interleave("drain", {drain, drain_bare, insert_only});

  const auto beside = [&](const char* what, const char* unit, Samples Series::* samples) {
    return Figure{.what = what, .unit = unit, .ours = ours.*samples, .yardstick = bare.*samples};
  };
  const std::string note = fmt::format("{} turns", text_of_number(static_cast<double>(turns)));
  return {{.what = "drain, Redis → MariaDB",
           .unit = "rows/s",
           .ours = ours.per_second,
           .yardstick_name = "bare overlapped loop",
           .yardstick = bare.per_second,
           .target = Target{Of::ratio, Sense::at_least, 0.95},
           .plotted = true,
           .note = note},
          beside("  CPU of the drain's own process", "µs/row", &Series::own_cpu_us),
          beside("  CPU of Redis", "µs/row", &Series::redis_cpu_us),
          beside("  CPU of MariaDB", "µs/row", &Series::mariadb_cpu_us),
          beside("  Redis on a core or waiting for one", "% of the time", &Series::redis_busy_percent),
          {.what = "  beside the inserts alone",
           .unit = "rows/s",
           .ours = ours.per_second,
           .yardstick_name = "bare insert",
           .yardstick = insert}};
}

}  // namespace chatsync::bench
