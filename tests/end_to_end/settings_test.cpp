// Settings as the operator meets them: .env, refusals, --help and --print-config.
#include <fmt/format.h>

#include <algorithm>

#include "end_to_end/world.hpp"

namespace chatsync::test {
namespace {

// As the specification prints it, inline comment included.
constexpr const char* kEnvOfTheSpec = R"(# Redis Configuration
REDIS_HOST=localhost
REDIS_PORT=6379
REDIS_DB=0
SYNC_INTERVAL=300  # Thời gian giữa các lần đồng bộ (giây)
)";

/// Expects one line on standard error that holds every one of `words`, and exit code 2.
void expect_refused(const CommandOutcome& outcome, const std::vector<std::string>& words) {
  EXPECT_EQ(outcome.status, 2) << outcome.standard_error;
  EXPECT_EQ(std::ranges::count(outcome.standard_error, '\n'), 1) << outcome.standard_error;
  for (const std::string& word : words) {
    EXPECT_NE(outcome.standard_error.find(word), std::string::npos) << word << ": " << outcome.standard_error;
  }
  EXPECT_EQ(outcome.standard_output, "");
}

TEST(DotEnv, TheBlockOfTheSpecLoadsAsItIsPrinted) {
  const CommandOutcome outcome = run_chatsync({.arguments = {"--print-config"}, .env_file = kEnvOfTheSpec});
  EXPECT_EQ(outcome.status, 0) << outcome.standard_error;
  for (const char* name : {"REDIS_HOST", "REDIS_PORT", "REDIS_DB", "SYNC_INTERVAL"}) {
    const auto at = outcome.standard_output.find(name);
    ASSERT_NE(at, std::string::npos) << name;
    const std::string line = outcome.standard_output.substr(at, outcome.standard_output.find('\n', at) - at);
    EXPECT_NE(line.find(".env"), std::string::npos) << line;
  }
  const auto interval = outcome.standard_output.find("SYNC_INTERVAL");
  EXPECT_NE(outcome.standard_output.substr(interval, 60).find("300"), std::string::npos)
      << outcome.standard_output;
}

TEST(DotEnv, PointsTheServerAtRedis) {
  World world({.redis = true, .mysql = false});
  std::string env(kEnvOfTheSpec);
  env.replace(env.find("6379"), 4, std::to_string(world.redis().port()));
  const auto server =
      ChatsyncProcess::started({.environment = {{"DATA_DIR", world.data_dir().string()}}, .env_file = env});
  EXPECT_NE(server->start_line().find("cache: redis"), std::string::npos) << server->start_line();
  HttpClient client = server->client();
  chat_numbers(client, "s", 1, 1);
  EXPECT_EQ(world.redis().client().get("session:s:count"), "1");
}

TEST(DotEnv, GivesWayToTheEnvironmentAndThatToFlags) {
  const CommandOutcome outcome =
      run_chatsync({.environment = {{"SYNC_INTERVAL", "20"}, {"SESSION_TTL", "40"}},
                    .arguments = {"--print-config", "--sync-interval", "30"},
                    .env_file = "SYNC_INTERVAL=10\nSESSION_TTL=10\nREDIS_HOST=localhost\nREDIS_DB=7\n"});
  EXPECT_EQ(outcome.status, 0) << outcome.standard_error;
  const auto value_of = [&](const std::string& name) {
    const auto at = outcome.standard_output.find(name);
    return outcome.standard_output.substr(at + name.size(), 30);
  };
  EXPECT_NE(value_of("SYNC_INTERVAL").find("30"), std::string::npos) << outcome.standard_output;
  EXPECT_NE(value_of("SESSION_TTL").find("40"), std::string::npos) << outcome.standard_output;
  EXPECT_NE(value_of("REDIS_DB").find('7'), std::string::npos) << outcome.standard_output;
}

TEST(Help, ListsEverySettingWithItsDefault) {
  const CommandOutcome outcome = run_chatsync({.arguments = {"--help"}});
  EXPECT_EQ(outcome.status, 0);
  for (const char* flag : {"--http-host",
                           "--http-port",
                           "--http-threads",
                           "--http-max-connections",
                           "--http-max-header-bytes",
                           "--http-max-body-bytes",
                           "--http-header-timeout",
                           "--http-body-timeout",
                           "--http-idle-timeout",
                           "--data-dir",
                           "--session-ttl",
                           "--sync-interval",
                           "--sync-batch-turns",
                           "--sync-connections",
                           "--sync-watermark",
                           "--sync-sweep-interval",
                           "--shutdown-timeout",
                           "--redis-host",
                           "--redis-port",
                           "--redis-db",
                           "--redis-socket",
                           "--redis-username",
                           "--redis-password",
                           "--redis-tls",
                           "--redis-tls-ca",
                           "--redis-timeout",
                           "--mysql-host",
                           "--mysql-port",
                           "--mysql-user",
                           "--mysql-password",
                           "--mysql-database",
                           "--mysql-socket",
                           "--mysql-ssl-ca",
                           "--mysql-timeout",
                           "--log-level",
                           "--env-file",
                           "--print-config"}) {
    EXPECT_NE(outcome.standard_output.find(flag), std::string::npos) << flag;
  }
  for (const char* value : {"8080", "6379", "3306", "300", "86400", "127.0.0.1", "chatsync-data"}) {
    EXPECT_NE(outcome.standard_output.find(value), std::string::npos) << value;
  }
}

TEST(PrintConfig, HidesSecrets) {
  const CommandOutcome outcome = run_chatsync({.environment = {{"REDIS_HOST", "localhost"},
                                                               {"REDIS_PASSWORD", "hunter2"},
                                                               {"MYSQL_HOST", "localhost"},
                                                               {"MYSQL_PASSWORD", "correct horse"}},
                                               .arguments = {"--print-config"}});
  EXPECT_EQ(outcome.status, 0) << outcome.standard_error;
  EXPECT_NE(outcome.standard_output.find("REDIS_PASSWORD"), std::string::npos);
  EXPECT_EQ(outcome.standard_output.find("hunter2"), std::string::npos);
  EXPECT_EQ(outcome.standard_output.find("correct horse"), std::string::npos);
}

TEST(Refusals, ABadValueIsNamed) {
  expect_refused(run_chatsync({.environment = {{"SYNC_INTERVAL", "often"}}}), {"SYNC_INTERVAL", "often"});
  expect_refused(run_chatsync({.environment = {{"HTTP_PORT", "65536"}}}), {"HTTP_PORT", "65536"});
  expect_refused(run_chatsync({.arguments = {"--redis-db", "-1"}}), {"redis-db"});
}

TEST(Refusals, AnUnknownKeyOfOursIsNamed) {
  expect_refused(run_chatsync({.environment = {{"REDIS_HSOT", "localhost"}}}), {"REDIS_HSOT"});
  expect_refused(run_chatsync({.env_file = "SYNC_INTERVALL=3\n"}), {"SYNC_INTERVALL"});
  expect_refused(run_chatsync({.arguments = {"--no-such-flag"}}), {"--no-such-flag"});
}

TEST(Refusals, AnUnreachableRedisIsNamed) {
  const TempDir data;
  expect_refused(run_chatsync({.environment = {{"DATA_DIR", data.path().string()},
                                               {"REDIS_HOST", "127.0.0.1"},
                                               {"REDIS_PORT", "9"},
                                               {"REDIS_TIMEOUT", "2"}}}),
                 {"127.0.0.1:9"});
}

TEST(Refusals, AnUnreachableMySqlIsNamed) {
  const TempDir data;
  expect_refused(run_chatsync({.environment = {{"DATA_DIR", data.path().string()},
                                               {"MYSQL_HOST", "127.0.0.1"},
                                               {"MYSQL_PORT", "9"},
                                               {"MYSQL_TIMEOUT", "2"}}}),
                 {"127.0.0.1:9"});
}

TEST(Refusals, ARedisThatEvictsIsRefused) {
  const RedisServer redis({.maxmemory = "100mb", .maxmemory_policy = "allkeys-lru"});
  const TempDir data;
  expect_refused(run_chatsync({.environment = {{"DATA_DIR", data.path().string()},
                                               {"REDIS_HOST", redis.host()},
                                               {"REDIS_PORT", std::to_string(redis.port())}}}),
                 {"noeviction", "allkeys-lru"});
}

TEST(Refusals, AnAddressInUseIsNamed) {
  const World world(kNothingInstalled);
  const auto server = world.start();
  const TempDir data;
  const std::string port = std::to_string(server->port());
  expect_refused(run_chatsync({.environment = {{"DATA_DIR", data.path().string()}, {"HTTP_PORT", port}}}),
                 {port});
}

TEST(Refusals, ASecondProcessOnTheSameDataDirIsRefused) {
  const World world(kNothingInstalled);
  const auto server = world.start();
  expect_refused(run_chatsync({.environment = world.environment({{"HTTP_PORT", "0"}})}),
                 {world.data_dir().string()});
  HttpClient client = server->client();
  chat_numbers(client, "s", 1, 1);
  EXPECT_EQ(server->stop(), 0);
  server->start_again();
  HttpClient again = server->client();
  EXPECT_EQ(chat(again, "s", "question 2").at("question_count"), 2);
}

TEST(StartLine, TellsAddressCacheStoreAndData) {
  const World world(kNothingInstalled);
  const auto server = world.start();
  EXPECT_EQ(server->start_line(),
            fmt::format("chatsync listens on http://127.0.0.1:{} (cache: embedded, store: sqlite, data: {})",
                        server->port(), world.data_dir().string()));
}

}  // namespace
}  // namespace chatsync::test
