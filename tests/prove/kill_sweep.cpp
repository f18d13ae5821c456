#include "prove/kill_sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <stdexcept>

#include "prove/small_load.hpp"

namespace chatsync::test {
namespace {

constexpr int kSessions = 3;

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
  switch_.arm(point.number, point.torn);
  std::vector<Call> calls =
      ask_a_little(server_->port(), sessions, {.tag = "before", .synced_every = point.synced_every});
  Outcome outcome{.killed = victim_ended(kEndOfAProcess)};
  revive();
  std::ranges::move(ask_everywhere(server_->port(), sessions), std::back_inserter(calls));
  HttpClient client = server_->client();
  drain(client);
  outcome.verdict = check_history(calls, observe(world_, client, sessions));
  return outcome;
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
