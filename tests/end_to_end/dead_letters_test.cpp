// `chatsync dead-letters`: a person looks through the turns that the store could not take.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "end_to_end/world.hpp"

namespace chatsync::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class DeadLetters : public ::testing::TestWithParam<Combination> {
 protected:
  /// One letter that cannot become a turn, of session "bad", and one that can, of session "clash": its turn
  /// claims the id of another one. No server runs afterwards.
  void SetUp() override {
    const auto server = world_.start();
    HttpClient client = server->client();
    const std::string taken(chat(client, "a", "hello").at("turn_id").as_string());
    sync_now(client);
    RespClient redis = world_.redis().client();
    add_foreign(redis, "bad", {"question", "no\nanswer"});
    sync_now(client);
    add_foreign(redis, "clash", {"question", "q", "answer", "a", "turn_id", taken});
    sync_now(client);
    EXPECT_EQ(server->stop(), 0);
    EXPECT_EQ(world_.integer("SELECT COUNT(*) FROM dead_letters"), 2);
    bad_ = world_.column("SELECT id FROM dead_letters WHERE session_id = 'bad'").at(0);
    clash_ = world_.column("SELECT id FROM dead_letters WHERE session_id = 'clash'").at(0);
  }

  static void add_foreign(RespClient& redis, const std::string& session,
                          const std::vector<std::string>& fields) {
    const std::string key = "session:" + session + ":msg:1795406400123456";
    redis.command({"INCR", "session:" + session + ":count"});
    std::vector<std::string> hset{"HSET", key};
    hset.insert(hset.end(), fields.begin(), fields.end());
    redis.command(hset);
    redis.command({"SADD", "session:" + session + ":pending_msgs", key});
  }

  CommandOutcome run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "dead-letters");
    return run_chatsync({.environment = world_.environment(), .arguments = std::move(arguments)});
  }

  void expect_whole() {
    const CommandOutcome outcome =
        run_chatsync({.environment = world_.environment(), .arguments = {"verify"}});
    EXPECT_EQ(outcome.status, 0) << outcome.standard_output << outcome.standard_error;
  }

  World world_{GetParam()};
  std::string bad_;
  std::string clash_;
};

TEST_P(DeadLetters, AreListedOldestFirst) {
  const CommandOutcome all = run({"list"});
  EXPECT_EQ(all.status, 0) << all.standard_error;
  EXPECT_THAT(all.standard_output, AllOf(HasSubstr("  bad  "), HasSubstr("missing_field"),
                                         HasSubstr("  clash  "), HasSubstr("identity_clash")));
  EXPECT_LT(all.standard_output.find("  bad "), all.standard_output.find("  clash "));
  const CommandOutcome first = run({"list", "--limit", "1"});
  EXPECT_THAT(first.standard_output, AllOf(HasSubstr("  bad  "), Not(HasSubstr("  clash  "))));
  const CommandOutcome one = run({"list", "--session=clash"});
  EXPECT_THAT(one.standard_output, AllOf(HasSubstr("  clash  "), Not(HasSubstr("  bad  "))));
  EXPECT_EQ(run({"list", "--session", "nobody"}).status, 0);
  expect_whole();
}

TEST_P(DeadLetters, AreShownWithTheirPayload) {
  const CommandOutcome shown = run({"show", bad_});
  EXPECT_EQ(shown.status, 0) << shown.standard_error;
  EXPECT_THAT(shown.standard_output, AllOf(HasSubstr("session: bad\n"), HasSubstr("code: missing_field\n"),
                                           HasSubstr("no\\nanswer"), HasSubstr("payload:\n")));
}

TEST_P(DeadLetters, ThatBecomeATurnAreReplayed) {
  const CommandOutcome replayed = run({"replay", clash_});
  EXPECT_EQ(replayed.status, 0) << replayed.standard_output << replayed.standard_error;
  EXPECT_THAT(replayed.standard_output, HasSubstr("is stored as turn"));
  EXPECT_EQ(world_.column("SELECT question FROM chat_messages WHERE session_id = 'clash'"),
            std::vector<std::string>{"q"});
  EXPECT_EQ(world_.column("SELECT session_id FROM dead_letters"), std::vector<std::string>{"bad"});
  expect_whole();
}

TEST_P(DeadLetters, ThatBecomeNoTurnAreKept) {
  const CommandOutcome kept = run({"replay", bad_});
  EXPECT_EQ(kept.status, 1);
  EXPECT_THAT(kept.standard_output, HasSubstr("letter " + bad_ + " is kept: "));
  const CommandOutcome all = run({"replay", "--all"});
  EXPECT_EQ(all.status, 1);
  EXPECT_EQ(world_.column("SELECT session_id FROM dead_letters"), std::vector<std::string>{"bad"});
  expect_whole();
}

TEST_P(DeadLetters, AreReplayedOnceTheirPayloadIsMended) {
  world_.execute(
      "UPDATE dead_letters SET payload = REPLACE(payload, '\"question\":', "
      "'\"answer\":\"late\",\"question\":') WHERE session_id = 'bad'");
  const CommandOutcome replayed = run({"replay", bad_});
  EXPECT_EQ(replayed.status, 0) << replayed.standard_output << replayed.standard_error;
  EXPECT_EQ(world_.column("SELECT answer FROM chat_messages WHERE session_id = 'bad'"),
            std::vector<std::string>{"late"});
  expect_whole();
}

TEST_P(DeadLetters, AreDiscardedOnceThatIsSaid) {
  const CommandOutcome asked = run({"discard", bad_});
  EXPECT_EQ(asked.status, 2);
  EXPECT_THAT(asked.standard_error, HasSubstr("discard " + bad_ + " --yes"));
  const CommandOutcome discarded = run({"discard", bad_, "--yes"});
  EXPECT_EQ(discarded.status, 0) << discarded.standard_error;
  EXPECT_THAT(run({"list"}).standard_output, Not(HasSubstr("  bad  ")));
  EXPECT_THAT(run({"list", "--discarded"}).standard_output, HasSubstr("(discarded)"));
  EXPECT_THAT(run({"show", bad_}).standard_output,
              AllOf(HasSubstr("discarded at: "), Not(HasSubstr("answer\""))));
  expect_whole();
}

TEST_P(DeadLetters, ThatAreNotThereAreNotFound) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"show", "9999"}, {"replay", "9999"}, {"discard", "9999", "--yes"}}) {
    const CommandOutcome outcome = run(arguments);
    EXPECT_EQ(outcome.status, 1) << arguments[0];
    EXPECT_THAT(outcome.standard_error, HasSubstr("9999"));
  }
}

INSTANTIATE_TEST_SUITE_P(All, DeadLetters, ::testing::Values(Combination{.redis = true}, kRedisAndMySql),
                         combination_name);

TEST(DeadLettersRefusal, ExplainsWhatItWasAsked) {
  World world(kNothingInstalled);
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"dead-letters"},
                                                    {"dead-letters", "lst"},
                                                    {"dead-letters", "show"},
                                                    {"dead-letters", "show", "x"},
                                                    {"dead-letters", "replay"},
                                                    {"dead-letters", "replay", "1", "--all"},
                                                    {"dead-letters", "list", "--limit", "0"}}) {
    const CommandOutcome outcome = run_chatsync({.environment = world.environment(), .arguments = arguments});
    EXPECT_EQ(outcome.status, 2) << outcome.standard_output;
    EXPECT_THAT(outcome.standard_error, HasSubstr("dead-letters")) << testing::PrintToString(arguments);
  }
}

TEST(DeadLettersRefusal, SaysThatTheServerOfASqliteStoreMustBeStoppedFirst) {
  World world(kNothingInstalled);
  const auto server = world.start();
  const CommandOutcome outcome =
      run_chatsync({.environment = world.environment(), .arguments = {"dead-letters", "list"}});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.standard_error, HasSubstr("while no server uses it"));
}

}  // namespace
}  // namespace chatsync::test
