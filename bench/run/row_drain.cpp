// A backlog that chatsync has recorded is moved into MariaDB: by its own drain, and by the bare one, which
// moves rows, or sends the servers what chatsync sends them. How fast rows go into the same table that come
// from nowhere is what the store allows. What each of the three programs takes of the CPU, and how little of
// the time Redis has nothing to do, tells who holds a drain.
#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

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
  const std::int64_t turns = lab.plan().quick ? 30'000 : 500'000;
  Series ours;
  Series bare;
  Series own_way;
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
  const auto drain_bare = [&](Series& series, std::vector<std::string> arguments) {
    const Stack stack = recorded();
    stack.chatsync->kill9();
    arguments.insert(arguments.end(), {"--redis-socket", stack.redis->socket()});
    const ServerUse use(lab, *stack.redis);
    use.add_to(series, all_of(Yardstick(lab, "bare_drain", stack.database, std::move(arguments)).finish()));
  };
  const auto insert_only = [&] {
    const Database database = lab.migrated_database();
    const Moved moved =
        all_of(Yardstick(lab, "bare_insert", database, {"--rows", std::to_string(turns)}).finish());
    insert.push_back(moved.per_second());
  };
  lab.interleave("drain", {drain, [&] { drain_bare(bare, {}); },
                           [&] { drain_bare(own_way, {"--as-chatsync"}); }, insert_only});

  const auto beside = [&](const Series& yardstick, const char* what, const char* unit,
                          Samples Series::* samples) {
    return Figure{.what = what, .unit = unit, .ours = ours.*samples, .yardstick = yardstick.*samples};
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
          beside(bare, "  CPU of the drain's own process", "µs/row", &Series::own_cpu_us),
          beside(bare, "  CPU of Redis", "µs/row", &Series::redis_cpu_us),
          beside(bare, "  CPU of MariaDB", "µs/row", &Series::mariadb_cpu_us),
          beside(bare, "  Redis on a core or waiting for one", "% of the time", &Series::redis_busy_percent),
          {.what = "  beside its own way to drain",
           .unit = "rows/s",
           .ours = ours.per_second,
           .yardstick_name = "bare loop, chatsync's commands and transactions",
           .yardstick = own_way.per_second},
          beside(own_way, "    CPU of the drain's own process", "µs/row", &Series::own_cpu_us),
          beside(own_way, "    CPU of Redis", "µs/row", &Series::redis_cpu_us),
          beside(own_way, "    CPU of MariaDB", "µs/row", &Series::mariadb_cpu_us),
          {.what = "  beside the inserts alone",
           .unit = "rows/s",
           .ours = ours.per_second,
           .yardstick_name = "bare insert",
           .yardstick = insert}};
}

}  // namespace chatsync::bench
