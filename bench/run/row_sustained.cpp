// Turns while drains start as they do by default, whenever 50,000 turns wait. The bare loops do the same side
// by side, without a pause between drains. What counts is what was both taken and moved on. The backlog rises
// to the watermark and falls again within a few seconds; so turns are counted over the longest stretch at
// whose ends the backlog is the same. Where there is none it grows, and what it grew by is not counted. The
// backlog is read off the number of keys in Redis, which is that of the pending turns and of a few keys for
// each session; these are there before it is measured.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "run/client_load.hpp"
#include "run/rows.hpp"
#include "run/yardstick.hpp"

namespace chatsync::bench {
namespace {

struct Series {
  Samples per_second;
  Samples p99_ms;
  Samples growth_percent;
  Samples redis_busy_percent;
};

struct Point {
  double seconds = 0;
  double keys = 0;
  double turns = 0;
};

/// Each turn is one HSET, whoever records it.
double turns_in(test::RespClient& redis) {
  const std::string stats = redis.command({"INFO", "commandstats"}).text;
  constexpr std::string_view kCalls = "cmdstat_hset:calls=";
  const std::size_t found = stats.find(kCalls);
  return found == std::string::npos ? 0 : std::stod(stats.substr(found + kCalls.size()));
}

struct Stretch {
  double seconds = 0;
  double turns = 0;
  double grown = 0;  ///< The backlog.
};

Stretch between(const Point& begin, const Point& end) {
  return {end.seconds - begin.seconds, end.turns - begin.turns, end.keys - begin.keys};
}

constexpr double kFlat = 0.01;  ///< Of the turns.

/// The longest one with as large a backlog at its end as at its beginning, or all there is.
Stretch longest_flat_stretch(const std::vector<Point>& points) {
  Stretch longest;
  for (auto begin = points.begin(); begin != points.end(); ++begin) {
    for (auto end = begin + 1; end != points.end(); ++end) {
      const Stretch stretch = between(*begin, *end);
      const bool flat = std::abs(stretch.grown) <= kFlat * stretch.turns;
      if (flat && stretch.seconds > longest.seconds) longest = stretch;
    }
  }
  const Stretch all = between(points.front(), points.back());
  return longest.seconds < all.seconds / 3 ? all : longest;
}

/// A rise and fall of the backlog is some two seconds.
double seconds_of_load(const Plan& plan) { return std::max(plan.seconds, plan.quick ? 3.0 : 6.0); }

void add_load(const Plan& plan, std::uint16_t port, const test::RedisServer& redis, Series& series) {
  using Clock = std::chrono::steady_clock;
  test::RespClient client = redis.client();
  ClientLoad load(plan, {.port = port, .seconds = seconds_of_load(plan), .watched = {process_of(redis)}});
  std::vector<Point> points;
  const auto begin = Clock::now();
  while (load.running()) {
    points.push_back({.seconds = std::chrono::duration<double>(Clock::now() - begin).count(),
                      .keys = static_cast<double>(client.integer({"DBSIZE"})),
                      .turns = turns_in(client)});
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  const LoadFigures figures = load.finish();
  const double measured_from = points.back().seconds - figures.seconds;
  std::erase_if(points, [&](const Point& point) { return point.seconds < measured_from; });
  const Stretch stretch = longest_flat_stretch(points);
  series.per_second.push_back((stretch.turns - std::max(stretch.grown, 0.0)) / stretch.seconds);
  series.growth_percent.push_back(100 * stretch.grown / stretch.turns);
  series.p99_ms.push_back(figures.p99_ms);
  series.redis_busy_percent.push_back(busy_percent(figures.watched[0], figures.seconds));
}

}  // namespace

std::vector<Figure> measure_sustained(Lab& lab) {
  Series ours;
  Series bare;
  Series transactions;
  Series undrained;
  Series bare_alone;
  const auto chatsync = [&](const test::Environment& environment, Series& series) {
    const Stack stack = lab.stack(environment);
    add_load(lab.plan(), stack.chatsync->port(), *stack.redis, series);
  };
  const auto side_by_side = [&](const std::string& mode, Series& series) {
    const Database database = lab.migrated_database();
    const BareStack stack = lab.bare_stack(mode);
    Yardstick drain(lab, "bare_drain", database,
                    {"--redis-socket", stack.redis->socket(), "--until-stopped"});
    add_load(lab.plan(), stack.port, *stack.redis, series);
    drain.stop();
  };
  const auto bare_undrained = [&] {
    const BareStack stack = lab.bare_stack("commands");
    add_load(lab.plan(), stack.port, *stack.redis, bare_alone);
  };
  lab.interleave("sustained",
                 {[&] { chatsync(with_drains_as_shipped(), ours); }, [&] { side_by_side("commands", bare); },
                  [&] { side_by_side("transactions", transactions); },
                  [&] { chatsync(without_drains(), undrained); }, bare_undrained},
                 lab.plan().quick ? 1 : 0);
  return {{.what = "sustained: turns taken and drained",
           .unit = "turns/s",
           .ours = ours.per_second,
           .yardstick_name = "bare loop beside bare drain",
           .yardstick = bare.per_second,
           .target = Target{Of::ratio, Sense::at_least, 0.85},
           .plotted = true},
          {.what = "  beside its own way to record",
           .unit = "turns/s",
           .ours = ours.per_second,
           .yardstick_name = "bare loop that sends chatsync's transactions, beside bare drain",
           .yardstick = transactions.per_second},
          {.what = "  growth of the backlog",
           .unit = "% of turns",
           .ours = ours.growth_percent,
           .yardstick = bare.growth_percent,
           .target = Target{Of::ours, Sense::at_most, 2}},
          {.what = "  p99 while it drains",
           .unit = "ms",
           .ours = ours.p99_ms,
           .yardstick_name = "chatsync without a drain",
           .yardstick = undrained.p99_ms,
           .target = Target{Of::ratio, Sense::at_most, 1.5}},
          {.what = "    of the bare loop while a bare drain runs",
           .unit = "ms",
           .ours = bare.p99_ms,
           .yardstick_name = "bare loop without a drain",
           .yardstick = bare_alone.p99_ms},
          {.what = "  Redis on a core or waiting for one",
           .unit = "% of the time",
           .ours = ours.redis_busy_percent,
           .yardstick_name = "bare loop beside bare drain",
           .yardstick = bare.redis_busy_percent}};
}

}  // namespace chatsync::bench
