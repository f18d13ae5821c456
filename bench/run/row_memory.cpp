// What is resident in memory: of a server that has just answered, under the load of a thousand connections,
// for each connection that is only kept, and after a while of load.
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <span>
#include <stdexcept>
#include <thread>
#include <vector>

#include "load/process_use.hpp"
#include "run/client_load.hpp"
#include "run/rows.hpp"

namespace chatsync::bench {
namespace {

constexpr std::size_t kHeld = 10'000;

double resident_mb(const test::ChatsyncProcess& chatsync) {
  return static_cast<double>(process_use(chatsync.pid()).resident_kib) / 1'024;
}

void ask_one(test::HttpClient& client) {
  const auto reply = client.post("/chat", {{"session_id", "held"}, {"message", "?"}});
  if (reply.status != 200) throw std::runtime_error("not answered: " + reply.body);
}

double idle_mb(const test::ChatsyncProcess& chatsync) {
  test::HttpClient client = chatsync.client();
  ask_one(client);
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  return resident_mb(chatsync);
}

Figure idle_figure(const std::string& where, const Samples& samples) {
  return {.what = "memory, idle, " + where,
          .unit = "MB",
          .ours = samples,
          .target = Target{Of::ours, Sense::at_most, 25}};
}

Figure measure_held_connections(Lab& lab) {
  Figure figure{.what = fmt::format("memory of an idle connection, {} held", text_of_number(kHeld)),
                .unit = "kB",
                .target = Target{Of::ours, Sense::at_most, 10}};
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur < kHeld + 100) {
    figure.skipped = fmt::format("only {} files may be open here (ulimit -n)", files.rlim_cur);
    return figure;
  }
  const Stack stack = lab.stack(without_drains());
  const double before_mb = idle_mb(*stack.chatsync);
  std::vector<test::HttpClient> held;
  held.reserve(kHeld);
  while (held.size() < kHeld) {
    held.push_back(stack.chatsync->client());
    ask_one(held.back());
  }
  figure.ours.push_back(1'024 * (resident_mb(*stack.chatsync) - before_mb) / static_cast<double>(kHeld));
  return figure;
}

double mean(std::span<const double> samples) {
  return std::accumulate(samples.begin(), samples.end(), 0.0) / static_cast<double>(samples.size());
}

/// Of a load while one drain follows the other, once a part of it is over: from the first tenth of what is
/// left to the last, since memory goes up and down with each batch.
Figure growth(Lab& lab, double seconds, double settling_seconds, double rate) {
  using Clock = std::chrono::steady_clock;
  const Stack stack = lab.stack(with_drains_all_the_time());
  ClientLoad load(lab.plan(), {.port = stack.chatsync->port(), .seconds = seconds, .rate = rate});
  const auto begin = Clock::now();
  const auto elapsed = [&] { return std::chrono::duration<double>(Clock::now() - begin).count(); };
  std::vector<double> settled_mb;
  while (load.running()) {
    const double now_mb = resident_mb(*stack.chatsync);
    if (now_mb > 0 && elapsed() >= settling_seconds) settled_mb.push_back(now_mb);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  const LoadFigures figures = load.finish();
  const std::span<const double> all = settled_mb;
  const std::size_t tenth = std::max<std::size_t>(all.size() / 10, 1);
  const double first_mb = mean(all.first(tenth));
  const double last_mb = mean(all.last(tenth));
  return {.what = fmt::format("growth of memory in {} s of load", text_of_number(seconds - settling_seconds)),
          .unit = "MB",
          .ours = {last_mb - first_mb},
          .note = fmt::format("{} turns/s, from {:.1f} MB", text_of_number(figures.per_second), first_mb)};
}

}  // namespace

std::vector<Figure> measure_memory(Lab& lab) {
  Samples idle_redis;
  Samples idle_embedded;
  Samples loaded;
  const auto over_redis = [&] {
    const Stack stack = lab.stack(without_drains());
    idle_redis.push_back(idle_mb(*stack.chatsync));
    const LoadFigures figures = ClientLoad::run(
        lab.plan(),
        {.port = stack.chatsync->port(), .connections = 1'000, .watched = {stack.chatsync->pid()}});
    loaded.push_back(static_cast<double>(figures.watched[0].resident_kib) / 1'024);
  };
  lab.interleave("memory", {over_redis, [&] { idle_embedded.push_back(idle_mb(*lab.embedded({}))); }});
  const double seconds = lab.plan().quick ? 2 : 60;
  return {idle_figure("Redis", idle_redis),
          idle_figure("embedded", idle_embedded),
          {.what = "memory, 1,000 connections under load",
           .unit = "MB",
           .ours = loaded,
           .target = Target{Of::ours, Sense::at_most, 80}},
          measure_held_connections(lab),
          growth(lab, seconds, seconds / 2, 0)};
}

// Not as fast as it goes, which would fill the disk.
std::vector<Figure> measure_memory_for_an_hour(Lab& lab) {
  Figure figure = growth(lab, 3'600, 600, 2'000);
  figure.target = Target{Of::ours, Sense::at_most, 2};
  return {figure};
}

}  // namespace chatsync::bench
