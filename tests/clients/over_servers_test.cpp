#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <chrono>

#include "end_to_end/world.hpp"
#include "support/child_process.hpp"

namespace chatsync::test {
namespace {

/// The servers that the tests in Node are to use, as they read them.
std::string backends(const World& world) {
  Environment settings = world.environment();
  settings.erase("DATA_DIR");
  return boost::json::serialize(boost::json::value_from(settings));
}

/// Runs a whole suite that the embedded cache and SQLite pass too: every test in it has sessions of its own.
void pass_over_redis_and_mariadb(const std::string& suite) {
  const World world{{.redis = true, .mysql = true}};
  const std::string sources = CLIENTS_SOURCES;
  const CommandOutcome outcome =
      run_command({.program = CLIENTS_NODE,
                   .arguments = {"--import", sources + "/support/resolve_installed.mjs",
                                 "--disable-warning=ExperimentalWarning", "--test-reporter=spec",
                                 "--test-timeout=100000", sources + "/" + suite},
                   .environment = {{"CLIENTS_DIR", CLIENTS_DIR},
                                   {"CLIENTS_BACKENDS", backends(world)},
                                   {"CHATSYNC_BINARY", CHATSYNC_BINARY}}},
                  std::chrono::seconds(250));
  EXPECT_EQ(outcome.status, 0) << outcome.standard_output << outcome.standard_error;
  EXPECT_FALSE(outcome.standard_output.contains("tests 0")) << outcome.standard_output;
}

TEST(ClientsOverRedisAndMariaDb, HaveTheSameChats) { pass_over_redis_and_mariadb("openai_chat_test.mjs"); }

TEST(ClientsOverRedisAndMariaDb, HaveTheSameResponses) {
  pass_over_redis_and_mariadb("openai_responses_test.mjs");
}

TEST(ClientsOverRedisAndMariaDb, HaveTheSameConversations) {
  pass_over_redis_and_mariadb("openai_conversations_test.mjs");
}

TEST(ClientsOverRedisAndMariaDb, HaveOneTurnOfARequestThatIsSentAgain) {
  pass_over_redis_and_mariadb("openai_retry_test.mjs");
}

}  // namespace
}  // namespace chatsync::test
