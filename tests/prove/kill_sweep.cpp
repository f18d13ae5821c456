#include "prove/kill_sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <stdexcept>

#include "support/recorded_load.hpp"

namespace chatsync::test {
namespace {

constexpr int kSessions = 3;
constexpr int kClients = 3;
constexpr std::size_t kTurnsOfAClient = 5;

WorldOptions options_for(Victim victim, const KillSwitch& kill_switch) {
  WorldOptions options;
  // What a kill leaves of an append-only file that is not synced before the reply depends on the moment.
  options.redis.appendfsync = "always";
  // Its own threads write pages then, by calls that can be counted.
  options.mariadb.extra = {"--innodb-use-native-aio=0"};
  if (victim == Victim::redis) options.redis.environment = kill_switch.environment();
  if (victim == Victim::mariadb) options.mariadb.environment = kill_switch.environment();
  return options;
}

void try_to_drain(std::uint16_t port) {
  try {
    HttpClient(port).get("/sync_now");
  } catch (const std::runtime_error&) {
    // The server is the one that died.
  }
}

std::vector<Call> ask_on(std::uint16_t port, const Sessions& sessions) {
  RecordedLoad load(
      {.ports = {port}, .sessions = sessions.ids, .clients = 1, .tag = "after", .synced_every = 0});
  if (!eventually([&] { return load.acknowledged() >= sessions.ids.size(); }))
    throw std::runtime_error("no turn is accepted after the restart: " + load.finish().back().error);
  return load.finish();
}

}  // namespace

KillSweep::KillSweep(Combination combination, Victim victim)
    : victim_(victim), world_(combination, options_for(victim, switch_)) {
  Environment environment{{"HTTP_THREADS", "2"}};
  if (combination.redis) environment["REDIS_TIMEOUT"] = "2";
  if (combination.mysql) environment["MYSQL_TIMEOUT"] = "2";
  if (victim == Victim::server) environment.merge(switch_.environment());
  server_ = world_.start(environment);
}

KillSweep::Outcome KillSweep::strike(const KillPoint& point) {
  const Sessions sessions = make_sessions(fmt::format("p{}", ++points_), kSessions);
  std::vector<Call> calls;
  switch_.arm(point.number, point.torn);
  load_and_drain(point, sessions, calls);
  Outcome outcome{.killed = victim_ended(std::chrono::milliseconds(0))};
  revive();
  std::ranges::move(ask_on(server_->port(), sessions), std::back_inserter(calls));
  HttpClient client = server_->client();
  drain(client);
  outcome.verdict = check_history(calls, observe(world_, client, sessions));
  return outcome;
}

// The drain in the middle meets clients that record; the one at the end has nothing beside it.
void KillSweep::load_and_drain(const KillPoint& point, const Sessions& sessions, std::vector<Call>& calls) {
  RecordedLoad load({.ports = {server_->port()},
                     .sessions = sessions.ids,
                     .clients = kClients,
                     .turns = kTurnsOfAClient,
                     .tag = "before",
                     .synced_every = point.synced_every});
  eventually([&] { return load.ended() || load.acknowledged() >= kClients * kTurnsOfAClient / 2; });
  try_to_drain(server_->port());
  eventually([&] { return load.ended(); });
  calls = load.finish();
  if (!victim_ended(std::chrono::milliseconds(0))) try_to_drain(server_->port());
}

bool KillSweep::victim_ended(std::chrono::milliseconds patience) {
  switch (victim_) {
    case Victim::server:
      return server_->ended(patience);
    case Victim::redis:
      return world_.redis().ended(patience);
    case Victim::mariadb:
      break;
  }
  return world_.mariadb().ended(patience);
}

void KillSweep::revive() {
  switch_.disarm();
  switch (victim_) {
    case Victim::server:
      server_->kill9();
      server_->start_again();
      return;
    case Victim::redis:
      world_.redis().kill9();
      world_.redis().start();
      return;
    case Victim::mariadb:
      world_.mariadb().kill9();
      world_.mariadb().start();
  }
}

SweepReport sweep(Combination combination, Victim victim, int points, std::uint64_t stride) {
  constexpr std::array kLoads{KillPoint{}, KillPoint{.torn = true, .synced_every = 2},
                              KillPoint{.torn = true}, KillPoint{.synced_every = 3}};
  KillSweep killing(combination, victim);
  SweepReport report;
  std::size_t kind = 0;
  for (KillPoint point = kLoads[0]; report.kills < points; point.number += stride) {
    KillSweep::Outcome outcome = killing.strike(point);
    for (std::string& violation : outcome.verdict.violations)
      violation =
          fmt::format("write {}{}, load {}: {}", point.number, point.torn ? " (torn)" : "", kind, violation);
    report.verdict += outcome.verdict;
    if (outcome.killed) {
      ++report.kills;
      report.highest = std::max(report.highest, point.number);
    } else {
      if (point.number == 1) throw std::runtime_error("the victim writes nothing under load");
      kind = (kind + 1) % kLoads.size();
      point = kLoads[kind];
      point.number = 1 - stride;  // Unsigned: the loop's step leads back to 1.
    }
  }
  return report;
}

}  // namespace chatsync::test
