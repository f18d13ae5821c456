// `chatsync verify` on systems that are whole, and on systems damaged by hand, one kind of damage a test.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "end_to_end/world.hpp"

namespace chatsync::test {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;

CommandOutcome verify(const World& world) {
  return run_chatsync({.environment = world.environment(), .arguments = {"verify"}});
}

void expect_whole(const World& world) {
  const CommandOutcome outcome = verify(world);
  EXPECT_EQ(outcome.status, 0) << outcome.standard_output << outcome.standard_error;
  EXPECT_THAT(outcome.standard_output, HasSubstr("every accepted turn is accounted for"));
}

/// Expects that verify finds `fault`, and that it finds nothing wrong with any other session.
void expect_fault(const World& world, const std::string& fault) {
  const CommandOutcome outcome = verify(world);
  EXPECT_EQ(outcome.status, 1) << outcome.standard_output << outcome.standard_error;
  EXPECT_THAT(outcome.standard_output, AllOf(HasSubstr("1 session not as they should be"), HasSubstr(fault)));
}

/// Sessions a, b and c with stored turns, d with stored and pending ones, e with pending ones, and an erased
/// one. No server runs afterwards.
void prepare(const World& world) {
  const auto server = world.start();
  HttpClient client = server->client();
  for (const char* session : {"a", "b", "c", "d", "erased"}) chat_numbers(client, session, 1, 5);
  sync_now(client);
  EXPECT_EQ(client.request("DELETE", "/sessions/erased").status, 200);
  chat_numbers(client, "d", 6, 8);
  chat_numbers(client, "e", 1, 2);
  server->kill9();
}

class Verify : public ::testing::TestWithParam<Combination> {
 protected:
  void SetUp() override { prepare(world_); }

  World world_{GetParam()};
};

TEST_P(Verify, FindsNothingWrongWithStoredPendingAndErasedTurns) {
  const CommandOutcome outcome = verify(world_);
  EXPECT_EQ(outcome.status, 0) << outcome.standard_output << outcome.standard_error;
  for (const char* line :
       {"accepted +30\n", "= stored +20\n", "\\+ pending +5\n", "\\+ dead letters +0\n", "\\+ deleted +5\n",
        "difference +0\n", "4 sessions in the store, 1 in the cache alone, 1 erased"}) {
    EXPECT_THAT(outcome.standard_output, ContainsRegex(line));
  }
  // What it looked at is as it was.
  const auto server = world_.start();
  HttpClient client = server->client();
  EXPECT_EQ(chat(client, "d", "next").at("question_count"), 9);
  sync_now(client);
  EXPECT_EQ(stored_seqs(world_, "d"), one_to(9));
  EXPECT_EQ(server->stop(), 0);
  expect_whole(world_);
}

TEST_P(Verify, FindsATurnThatIsGoneFromTheStore) {
  world_.execute("DELETE FROM chat_messages WHERE session_id = 'b' AND seq = 3");
  expect_fault(world_, "1 turn accepted and neither stored, pending nor dead letters: 3");
}

TEST_P(Verify, FindsTwoTurnsWithOneNumber) {
  world_.execute("UPDATE chat_messages SET seq = 4 WHERE session_id = 'b' AND seq = 3");
  expect_fault(world_, "1 turn stored with a number that another turn has");
}

TEST_P(Verify, FindsANumberBeyondTheCount) {
  world_.execute("UPDATE chat_messages SET seq = 99 WHERE session_id = 'b' AND seq = 5");
  expect_fault(world_, "a stored turn has the number 99, beyond the session's count");
}

TEST_P(Verify, FindsTurnsWithoutASession) {
  world_.execute("UPDATE chat_messages SET session_id = 'orphans' WHERE session_id = 'erased'");
  world_.execute(
      "INSERT INTO chat_messages (session_id, ts, turn_id, seq, user_id, question, answer, status, model) "
      "VALUES ('orphan', 1, 'x', 1, '1', 'q', 'a', 'complete', 'echo')");
  expect_fault(world_, "1 stored turn of a session that has no row in chat_sessions");
}

TEST_P(Verify, FindsATurnWithoutAFinalNumber) {
  world_.execute(
      "INSERT INTO unsettled_turns (session_id, ts, provisional) "
      "SELECT session_id, ts, 1 FROM chat_messages WHERE session_id = 'b' AND seq = 5");
  expect_fault(world_, "1 turn taken while the cache was away and still without a final number");
}

TEST_P(Verify, FindsAnErasedSessionInTheCache) {
  world_.execute("UPDATE chat_sessions SET deleted_at = updated_at WHERE session_id = 'd'");
  world_.execute("DELETE FROM chat_messages WHERE session_id = 'd'");
  expect_fault(world_, "erased, but still in the cache (3 pending)");
}

TEST_P(Verify, FindsWhatIsLeftOfAnErasedSession) {
  world_.execute(
      "INSERT INTO chat_messages (session_id, ts, turn_id, seq, user_id, question, answer, status, model) "
      "VALUES ('erased', 1, 'x', 1, '1', 'q', 'a', 'complete', 'echo')");
  expect_fault(world_, "erased, but 1 turn of it are stored");
}

INSTANTIATE_TEST_SUITE_P(All, Verify, every_combination(), combination_name);

/// What other programs can do to Redis.
class VerifyRedis : public Verify {};

TEST_P(VerifyRedis, FindsTurnsThatAreGoneFromTheCache) {
  world_.redis().client().command({"SPOP", "session:e:pending_msgs"});
  expect_fault(world_, "1 turn accepted and neither stored, pending nor dead letters");
}

TEST_P(VerifyRedis, FindsACountThatNoTurnsStandFor) {
  world_.redis().client().set("session:a:count", "7");
  expect_fault(world_, "2 turns accepted and neither stored, pending nor dead letters");
}

TEST_P(VerifyRedis, FindsACountBehindTheStore) {
  world_.redis().client().set("session:a:count", "3");
  expect_fault(world_, "the cache counts 3 turns, the store 5");
}

TEST_P(VerifyRedis, FindsPendingTurnsWithoutACount) {
  RespClient redis = world_.redis().client();
  redis.command({"HSET", "session:f:msg:1", "question", "q", "answer", "a"});
  redis.command({"SADD", "session:f:pending_msgs", "session:f:msg:1"});
  expect_fault(world_, "1 pending turn in a session without a count in the cache");
}

TEST_P(VerifyRedis, NotesATurnThatIsStoredAndPending) {
  const std::string ts = world_.column("SELECT ts FROM chat_messages WHERE session_id = 'a' AND seq = 5")[0];
  const std::string id =
      world_.column("SELECT turn_id FROM chat_messages WHERE session_id = 'a' AND seq = 5")[0];
  RespClient redis = world_.redis().client();
  const std::string key = "session:a:msg:" + ts;
  redis.command({"HSET", key, "turn_id", id, "seq", "5", "user_id", "1", "question", "question 5", "answer",
                 "Echo: question 5", "status", "complete", "model", "echo", "created_at", ts});
  redis.command({"SADD", "session:a:pending_msgs", key});
  const CommandOutcome outcome = verify(world_);
  EXPECT_EQ(outcome.status, 0) << outcome.standard_output;
  EXPECT_THAT(outcome.standard_output, HasSubstr("note: 1 turn stored and not acknowledged yet"));
}

TEST_P(VerifyRedis, ShowsTheFirstOfManyMismatches) {
  RespClient redis = world_.redis().client();
  for (int i = 0; i < 25; ++i) redis.set(fmt::format("session:broken{}:count", i), "1");
  const CommandOutcome outcome = verify(world_);
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.standard_output, AllOf(HasSubstr("25 sessions not as they should be"),
                                             HasSubstr("  and 5 more\n"), ContainsRegex("difference +25\n")));
}

INSTANTIATE_TEST_SUITE_P(All, VerifyRedis, ::testing::Values(Combination{.redis = true}, kRedisAndMySql),
                         combination_name);

TEST(VerifyLive, FindsNothingWrongWhileTurnsAreAcceptedAndSynced) {
  World world(kRedisAndMySql);
  const auto server = world.start({{"SYNC_WATERMARK", "20"}, {"SYNC_BATCH_TURNS", "7"}});
  std::jthread load([&](const std::stop_token& done) {
    HttpClient client = server->client();
    for (int i = 0; !done.stop_requested(); ++i) chat(client, fmt::format("s{}", i % 11), "hello");
  });
  HttpClient client = server->client();
  for (int i = 0; i < 3; ++i) {
    sync_now(client);
    expect_whole(world);
  }
  load.request_stop();
  load.join();
  sync_now(client);
  expect_whole(world);
}

TEST(VerifyRefusal, SaysThatTheServerMustBeStoppedFirst) {
  World world(kNothingInstalled);
  const auto server = world.start();
  const CommandOutcome outcome = verify(world);
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.standard_error,
              AllOf(HasSubstr("is in use by process"), HasSubstr("while no server uses it")));
}

TEST(VerifyRefusal, MakesNoDataDirectory) {
  World world(kNothingInstalled);
  const CommandOutcome outcome = verify(world);
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.standard_error, HasSubstr("there is no data directory"));
  EXPECT_FALSE(std::filesystem::exists(world.data_dir()));
}

TEST(VerifyRefusal, CannotLookWithoutTheCache) {
  World world(kRedisAndMySql);
  world.redis().kill9();
  EXPECT_EQ(verify(world).status, 2);
}

}  // namespace
}  // namespace chatsync::test
