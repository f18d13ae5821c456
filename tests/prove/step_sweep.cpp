#include "prove/step_sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <iterator>
#include <optional>
#include <stdexcept>

#include "prove/small_load.hpp"

namespace chatsync::test {
namespace {

// As the server names them. It does not start with one that it does not know.
constexpr const char* kSteps[] = {"service.before_record", "service.recorded",      "load.read",
                                  "load.seeded",           "settle.settled",        "settle.forgotten",
                                  "drain.claimed",         "drain.before_write",    "drain.written",
                                  "drain.acknowledged",    "commit.before_write",   "commit.written",
                                  "commit.acknowledged",   "append.before_write",   "append.written",
                                  "mysql.before_commit",   "mysql.committed",       "sqlite.before_commit",
                                  "sqlite.committed",      "journal.before_commit", "journal.committed"};

class StepSweep {
 public:
  StepSweep(Combination combination, const std::filesystem::path& server)
      : world_(combination, {.redis = {.appendfsync = "always"}, .server = server, .proxied = true}) {
    settings_ = {{"HTTP_THREADS", "2"}};
    if (combination.redis) settings_["REDIS_TIMEOUT"] = "1";
    if (combination.mysql) settings_["MYSQL_TIMEOUT"] = "2";
  }

  KillSweep::Outcome strike(const std::string& step, int pass) {
    const Sessions sessions = make_sessions(fmt::format("s{}", ++points_), 3);
    std::vector<Call> calls;
    KillSweep::Outcome outcome{.killed = dies(fmt::format("{}:{}", step, pass), sessions, calls)};
    const auto server = world_.start(settings_);
    std::ranges::move(ask_everywhere(server->port(), sessions), std::back_inserter(calls));
    HttpClient client = server->client();
    drain(client);
    outcome.verdict = check_history(calls, observe(world_, client, sessions));
    return outcome;
  }

 private:
  bool dies(const std::string& order, const Sessions& sessions, std::vector<Call>& calls) {
    Environment settings = settings_;
    settings["CHATSYNC_KILL_AT"] = order;
    ChatsyncProcess server({.environment = world_.environment(settings), .program = world_.server()});
    try {
      server.await_start();
    } catch (const std::runtime_error&) {
      // What it does at its start has steps, too.
      if (server.ended(kEndOfAProcess) && server.wait() == 128 + SIGKILL) return true;
      throw;
    }
    const auto ask = [&](const char* tag, bool drained) {
      const SmallLoad load{.tag = tag, .turns_of_a_client = 3, .synced_every = 2, .drain = drained};
      std::ranges::move(ask_a_little(server.port(), sessions, load), std::back_inserter(calls));
    };
    ask("before", true);
    if (world_.combination().redis) {
      world_.redis_proxy().refuse();
      world_.redis_proxy().sever();
      ask("without Redis", false);
      world_.redis_proxy().pass();
      ask("with Redis again", true);
    }
    return server.ended(kEndOfAProcess);
  }

  World world_;
  Environment settings_;
  int points_ = 0;
};

}  // namespace

SweepReport sweep_steps(Combination combination, int passes, const std::filesystem::path& server) {
  StepSweep killing(combination, server);
  SweepReport report;
  for (const char* step : kSteps) {
    for (int pass = 1; pass <= passes; ++pass) {
      KillSweep::Outcome outcome = killing.strike(step, pass);
      for (std::string& violation : outcome.verdict.violations)
        violation = fmt::format("{}, pass {}: {}", step, pass, violation);
      report.verdict += outcome.verdict;
      if (!outcome.killed) break;
      ++report.kills;
    }
  }
  return report;
}

}  // namespace chatsync::test
