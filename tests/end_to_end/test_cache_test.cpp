// The examples of the specification's page, with the tester against the server.
#include <fmt/format.h>

#include "end_to_end/world.hpp"

namespace chatsync::test {
namespace {

class TestCache : public ::testing::TestWithParam<Combination> {
 protected:
  CommandOutcome run(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--url", fmt::format("http://127.0.0.1:{}", server_->port())});
    return run_command({.program = TEST_CACHE_BINARY, .arguments = std::move(arguments)}, kPatience);
  }

  static std::string all_of(const CommandOutcome& outcome) {
    return outcome.standard_output + outcome.standard_error;
  }

  World world_{GetParam()};
  std::unique_ptr<ChatsyncProcess> server_ = world_.start();
};

TEST_P(TestCache, ASingleSession) {
  const CommandOutcome outcome = run({"--messages", "5", "--delay", "0.01"});
  EXPECT_EQ(outcome.status, 0) << all_of(outcome);
  HttpClient client = server_->client();
  EXPECT_EQ(sync_now(client), 5);
}

TEST_P(TestCache, SeveralSessionsSideBySide) {
  const CommandOutcome outcome = run({"--parallel", "3", "--messages", "4", "--delay", "0.01"});
  EXPECT_EQ(outcome.status, 0) << all_of(outcome);
  HttpClient client = server_->client();
  EXPECT_EQ(sync_now(client), 12);
}

TEST_P(TestCache, SyncsAtOnce) {
  HttpClient client = server_->client();
  chat_numbers(client, "s", 1, 3);
  const CommandOutcome outcome = run({"--sync"});
  EXPECT_EQ(outcome.status, 0) << all_of(outcome);
  EXPECT_EQ(stored_seqs(world_, "s"), one_to(3));
}

TEST_P(TestCache, SendsAndSyncs) {
  const CommandOutcome outcome = run({"--messages", "12", "--delay", "0", "--parallel", "2", "--sync"});
  EXPECT_EQ(outcome.status, 0) << all_of(outcome);
  EXPECT_EQ(world_.integer("SELECT count(*) FROM chat_messages"), 24);
}

TEST_P(TestCache, ShowsTheStatisticsOfASession) {
  HttpClient client = server_->client();
  chat_numbers(client, "session_id_here", 1, 3);
  const CommandOutcome outcome = run({"--stats", "session_id_here"});
  EXPECT_EQ(outcome.status, 0) << all_of(outcome);
  EXPECT_NE(outcome.standard_output.find("session_id_here"), std::string::npos) << all_of(outcome);
}

TEST_P(TestCache, StatisticsOfAnUnknownSessionAreAnError) {
  const CommandOutcome outcome = run({"--stats", "nobody"});
  EXPECT_EQ(outcome.status, 2) << all_of(outcome);
  EXPECT_NE(outcome.standard_error.find("nobody"), std::string::npos) << all_of(outcome);
}

INSTANTIATE_TEST_SUITE_P(EndToEnd, TestCache, ::testing::Values(kNothingInstalled, kRedisAndMySql),
                         combination_name);

}  // namespace
}  // namespace chatsync::test
