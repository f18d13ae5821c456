// The server ends, as by `kill -9`, at each step that it names, in the midst of a little of everything that
// reaches these steps: turns, drains, a deletion, and an outage of Redis in which the store stands in. Then a
// server without that fault goes on from what is there.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string>

#include "base/fault.hpp"
#include "prove/observe.hpp"
#include "support/recorded_load.hpp"

namespace chatsync::test {
namespace {

class KillPoint : public ::testing::TestWithParam<std::string_view> {
 protected:
  static bool is_of_embedded_backends(std::string_view step) {
    return step.starts_with("sqlite.") || step.starts_with("journal.");
  }

  KillPoint()
      : world_(is_of_embedded_backends(GetParam()) ? kNothingInstalled : kRedisAndMySql,
               {.redis = {.appendfsync = "always"}}) {}

  std::unique_ptr<ChatsyncProcess> start(const Environment& more) {
    Environment environment = more;
    environment.insert({{"HTTP_THREADS", "1"}, {"SYNC_INTERVAL", "1"}});
    if (world_.combination().redis) environment.insert({{"REDIS_TIMEOUT", "1"}, {"MYSQL_TIMEOUT", "2"}});
    return std::make_unique<ChatsyncProcess>(
        ChatsyncProcess::Options{.environment = world_.environment(std::move(environment))});
  }

  void load(std::uint16_t port, const Sessions& sessions, const std::string& tag) {
    RecordedLoad load(
        {.ports = {port}, .sessions = sessions.ids, .clients = 2, .turns = 3, .tag = tag, .synced_every = 3});
    eventually([&] { return load.ended(); });
    std::ranges::move(load.finish(), std::back_inserter(calls_));
  }

  static void try_to(ChatsyncProcess& server, const std::function<void(HttpClient&)>& call) {
    try {
      HttpClient client = server.client();
      call(client);
    } catch (const std::runtime_error&) {
      // The server is the one that died.
    }
  }

  /// Until a drain succeeds, for the connection to Redis comes back in its own time.
  static void drain_or_die(ChatsyncProcess& server) {
    eventually([&] {
      bool done = server.ended(std::chrono::milliseconds(0));
      if (!done) try_to(server, [&](HttpClient& client) { done = client.get("/sync_now").status == 200; });
      return done;
    });
  }

  void live_through_everything(ChatsyncProcess& server, const Sessions& sessions) {
    load(server.port(), sessions, "first");
    drain_or_die(server);
    try_to(server, [](HttpClient& client) {
      client.post("/chat", {{"session_id", "gone"}, {"message", "to be deleted"}});
      client.request("DELETE", "/sessions/gone");
    });
    if (world_.combination().redis) {
      world_.redis().kill9();
      load(server.port(), sessions, "outage");
      world_.redis().start();
    }
    load(server.port(), sessions, "again");
    drain_or_die(server);
  }

  /// Whether the server came to the step's `pass`th pass.
  bool strike(int pass) {
    calls_.clear();
    const Sessions sessions = make_sessions(fmt::format("pass{}", pass), 2);
    const auto doomed = start({{"CHATSYNC_KILL_AT", fmt::format("{}:{}", GetParam(), pass)}});
    try {
      doomed->await_start();
      live_through_everything(*doomed, sessions);
    } catch (const std::runtime_error&) {
      if (!doomed->ended(kPatience)) throw;
    }
    const bool killed = doomed->ended(std::chrono::milliseconds(0));
    doomed->kill9();
    const auto server = start({});
    server->await_start();
    load(server->port(), sessions, "afterwards");
    HttpClient client = server->client();
    drain(client);
    const Verdict verdict = check_history(calls_, observe(world_, client, sessions));
    for (const std::string& violation : verdict.violations) ADD_FAILURE() << violation;
    return killed;
  }

  World world_;
  std::vector<Call> calls_;
};

TEST_P(KillPoint, LosesDoublesAndMisnumbersNoTurn) {
  EXPECT_TRUE(strike(1)) << "the server never comes to this step";
  strike(4);
}

INSTANTIATE_TEST_SUITE_P(At, KillPoint, ::testing::ValuesIn(fault::steps().begin(), fault::steps().end()),
                         [](const auto& info) {
                           std::string name(info.param);
                           std::ranges::replace(name, '.', '_');
                           return name;
                         });

}  // namespace
}  // namespace chatsync::test
