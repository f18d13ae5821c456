// Passes and acknowledgements on a real Redis: what other programs left there, a full Redis, a huge session.
#include <fmt/format.h>

#include <boost/json.hpp>

#include "chat/ids.hpp"
#include "integration/redis/redis_fixture.hpp"

namespace chatsync::test {
namespace {

class DrainTest : public RedisTest {
 protected:
  /// What a program in another language writes.
  void write_foreign_turn(const std::string& session_id, const std::string& timestamp,
                          const std::vector<std::string>& fields) {
    const std::string key = fmt::format("session:{}:msg:{}", session_id, timestamp);
    std::vector<std::string> hset{"HSET", key};
    hset.insert(hset.end(), fields.begin(), fields.end());
    client().command(hset);
    client().command({"SADD", fmt::format("session:{}:pending_msgs", session_id), key});
  }

  static AsyncResult<std::size_t> size_of_next(PendingPass* pass) {
    const Result<TurnBatch> batch = co_await pass->next(100);
    if (!batch) co_return std::unexpected(batch.error());
    co_return batch->turns.size();
  }

  DeadLetter only_dead_letter(PassKind kind = PassKind::sweep) {
    const SharedBatch batch = claim(kind);
    EXPECT_TRUE(batch->turns.empty());
    EXPECT_EQ(batch->dead_letters.size(), 1U);
    if (batch->dead_letters.empty()) return {};
    const DeadLetter letter = batch->dead_letters.front();
    EXPECT_NO_THROW(boost::json::parse(letter.payload)) << letter.payload;
    EXPECT_EQ(acknowledge(batch), 1U);
    EXPECT_TRUE(client().keys("session:*").empty());
    EXPECT_TRUE(client().keys("sync:*").empty());
    return letter;
  }
};

TEST_F(DrainTest, AnAcknowledgedSessionExpiresAndLeavesNothingElse) {
  for (int number = 1; number <= 3; ++number) record(turn_of("abc", number));
  EXPECT_EQ(acknowledge(claim()), 3U);
  EXPECT_EQ(client().keys(),
            (std::vector<std::string>{"session:abc:count", "session:abc:history", "session:abc:meta"}));
  for (const std::string& key : client().keys()) {
    EXPECT_GT(client().integer({"PTTL", key}), 86'000'000) << key;
    EXPECT_LE(client().integer({"PTTL", key}), 86'400'000) << key;
  }
}

TEST_F(DrainTest, ASecondAcknowledgementOfTheSameBatchRemovesNothing) {
  record(turn_of("abc", 1));
  const SharedBatch batch = claim();
  record(turn_of("abc", 2));
  EXPECT_EQ(acknowledge(batch), 1U);
  EXPECT_EQ(acknowledge(batch), 0U);
  EXPECT_EQ(ok(cache().pending("abc", {})), numbered_turns("abc", 2, 2));
}

TEST_F(DrainTest, AnAcknowledgementThatFailsForOneSessionHoldsForTheOthers) {
  for (const char* session : {"a", "b", "c"}) record(turn_of(session, 1));
  const SharedBatch batch = claim();
  client().command({"DEL", "session:b:pending_msgs"});
  client().command({"SET", "session:b:pending_msgs", "x"});
  const auto acknowledged = await(pending_turns().acknowledge(batch));
  ASSERT_FALSE(acknowledged);
  EXPECT_EQ(acknowledged.error().code, "wrong_type");
  EXPECT_EQ(client().keys("session:*:msg:*"),
            std::vector<std::string>{fmt::format("session:b:msg:{}", batch->turns[1].turn.timestamp_us)});
  EXPECT_EQ(client().keys("session:*:pending_msgs"), std::vector<std::string>{"session:b:pending_msgs"});
  EXPECT_EQ(client().integer({"ZCARD", "sync:dirty"}), 1);
}

TEST_F(DrainTest, ASweepFindsTheTurnsOfAnotherProgramAndIndexesTheirSession) {
  write_foreign_turn("py", "1795392000000001", {"question", "Chào?", "answer", "Chào!"});
  EXPECT_TRUE(claim(PassKind::indexed)->empty());
  const SharedBatch swept = claim(PassKind::sweep);
  ASSERT_EQ(swept->turns.size(), 1U);
  Turn expected;
  expected.session_id = "py";
  expected.turn_id = derived_turn_id("py", 1795392000000001);
  expected.timestamp_us = 1795392000000001;
  expected.user_id = "1";
  expected.question = "Chào?";
  expected.answer = "Chào!";
  EXPECT_EQ(swept->turns[0].turn, expected);
  ASSERT_EQ(swept->sessions.size(), 1U);
  EXPECT_EQ(swept->sessions[0].user_id, "1");
  EXPECT_EQ(swept->sessions[0].created_at_us, expected.timestamp_us);
  EXPECT_EQ(swept->sessions[0].updated_at_us, expected.timestamp_us);
  EXPECT_EQ(claim(PassKind::indexed)->turns.size(), 1U);
  EXPECT_EQ(acknowledge(swept), 1U);
  EXPECT_TRUE(client().keys().empty());
}

TEST_F(DrainTest, ASweepVisitsASessionThatIsIndexedAfterTheIndexWasRead) {
  record(turn_of("abc", 1));
  write_foreign_turn("py", "5", {"question", "q", "answer", "a"});
  const auto pass = pending_turns().begin_pass(PassKind::sweep);
  EXPECT_EQ(ok(pass->next(1)).turns.size(), 1U);
  record(turn_of("py", 1));
  EXPECT_EQ(ok(pass->next(10)).turns.size(), 2U);
  EXPECT_TRUE(ok(pass->next(10)).empty());
}

TEST_F(DrainTest, ASessionThatIsSyncedWhileASweepFindsItLeavesTheIndex) {
  record(turn_of("abc", 1));
  const auto pass = pending_turns().begin_pass(PassKind::sweep);
  const auto batch = std::make_shared<const TurnBatch>(ok(pass->next(1)));
  EXPECT_EQ(batch->turns.size(), 1U);
  // In this order they reach Redis: the look at the keys, which still finds abc, then the acknowledgement.
  std::vector<AsyncResult<std::size_t>> steps;
  steps.push_back(size_of_next(pass.get()));
  steps.push_back(pending_turns().acknowledge(batch));
  const std::vector<Result<std::size_t>> sizes = all<std::size_t>(std::move(steps));
  EXPECT_EQ(sizes.at(0).value(), 0U);
  EXPECT_EQ(sizes.at(1).value(), 1U);
  EXPECT_TRUE(client().keys("sync:dirty").empty());
  EXPECT_GT(client().integer({"PTTL", "session:abc:count"}), 0);
}

TEST_F(DrainTest, OnlySessionsWithAValidIdAreWalkedAndWaitedFor) {
  client().set("session:a b:count", "5");
  client().command({"LPUSH", "session:list:count", "5"});
  client().command({"ZADD", "sync:dirty", "1", "no/id"});
  EXPECT_EQ(ok(pending_turns().oldest_pending_us()), std::nullopt);
  EXPECT_TRUE(ok(pending_turns().walk_sessions()->next(10)).empty());
  client().set("session:text:count", "many");
  client().set("session:text:history", "not a list");
  record(turn_of("abc", 1));
  EXPECT_EQ(ok(pending_turns().oldest_pending_us()), turn_of("abc", 1).timestamp_us);
  std::map<std::string, SessionTally> seen;
  const auto walk = pending_turns().walk_sessions();
  for (;;) {
    const std::vector<SessionTally> tallies = ok(walk->next(10));
    if (tallies.empty()) break;
    for (const SessionTally& tally : tallies) seen[tally.session_id] = tally;
  }
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen.at("abc").question_count, 1);
  EXPECT_EQ(seen.at("text").question_count, 0);
  EXPECT_EQ(seen.at("text").history_length, 0U);
}

TEST_F(DrainTest, ATurnRecordedBesideForeignOnesIsIndexedAtOnce) {
  write_foreign_turn("py", "5", {"question", "q", "answer", "a"});
  record(turn_of("py", 1));
  EXPECT_EQ(claim(PassKind::indexed)->turns.size(), 2U);
}

TEST_F(DrainTest, ASweptSessionDoesNotExpireBeforeItIsSynced) {
  record(turn_of("abc", 1));
  acknowledge(claim());
  write_foreign_turn("abc", "5", {"question", "q", "answer", "a"});
  const SharedBatch swept = claim(PassKind::sweep);
  for (const std::string& key : client().keys()) EXPECT_EQ(client().integer({"PTTL", key}), -1) << key;
  EXPECT_EQ(acknowledge(swept), 1U);
  for (const std::string& key : client().keys()) EXPECT_GT(client().integer({"PTTL", key}), 0) << key;
}

TEST_F(DrainTest, ATurnWithoutAnAnswerIsADeadLetterWithEverythingThereWas) {
  write_foreign_turn("py", "1795392000000001", {"question", "Chào?", "mood", std::string("\xff\0z", 3)});
  const DeadLetter letter = only_dead_letter();
  EXPECT_EQ(letter.error_code, "missing_field");
  EXPECT_EQ(letter.session_id, "py");
  EXPECT_EQ(letter.key, "session:py:msg:1795392000000001");
  const auto payload = boost::json::parse(letter.payload);
  EXPECT_EQ(payload.at("fields").at("question"), "Chào?");
  EXPECT_EQ(payload.at("fields").at("mood").at("base64"), "/wB6");
}

TEST_F(DrainTest, TextThatIsNotUtf8IsADeadLetter) {
  write_foreign_turn("py", "1795392000000001", {"question", "\xc3\x28", "answer", "a"});
  EXPECT_EQ(only_dead_letter().error_code, "invalid_utf8");
}

TEST_F(DrainTest, AKeyWithoutATimeStampIsADeadLetter) {
  for (const char* stamp : {"yesterday", "1795392000.25", "01795392000000001", "-1", "999999999999999999"}) {
    client().command({"FLUSHALL"});
    write_foreign_turn("py", stamp, {"question", "q", "answer", "a"});
    EXPECT_EQ(only_dead_letter().error_code, "bad_key") << stamp;
  }
}

TEST_F(DrainTest, AMessageOfAnotherTypeIsADeadLetterThatCanBeRestored) {
  client().set("session:py:msg:5", "text");
  client().command({"SADD", "session:py:pending_msgs", "session:py:msg:5"});
  const DeadLetter letter = only_dead_letter();
  EXPECT_EQ(letter.error_code, "wrong_type");
  EXPECT_EQ(boost::json::parse(letter.payload).at("type"), "string");
}

TEST_F(DrainTest, AMemberThatNamesAKeyOfSomethingElseDeletesNothingOfIt) {
  record(turn_of("other", 1));
  const std::string others = fmt::format("session:other:msg:{}", turn_of("other", 1).timestamp_us);
  client().command({"SADD", "session:py:pending_msgs", others});
  const SharedBatch batch = claim(PassKind::sweep);
  ASSERT_EQ(batch->dead_letters.size(), 1U);
  TurnBatch dead;
  dead.dead_letters = batch->dead_letters;
  acknowledge(std::make_shared<const TurnBatch>(dead));
  EXPECT_EQ(client().integer({"EXISTS", others}), 1);
  EXPECT_EQ(client().integer({"EXISTS", "session:py:pending_msgs"}), 0);
}

TEST_F(DrainTest, AMemberWhoseMessageIsNotThereYetIsLeftAndDoesNotHoldThePassUp) {
  client().command({"SADD", "session:py:pending_msgs", "session:py:msg:5"});
  EXPECT_TRUE(claim(PassKind::sweep)->empty());
  EXPECT_EQ(client().integer({"SCARD", "session:py:pending_msgs"}), 1);
  client().command({"HSET", "session:py:msg:5", "question", "q", "answer", "a"});
  EXPECT_EQ(claim(PassKind::sweep)->turns.size(), 1U);
}

TEST_F(DrainTest, AMemberWhoseMessageNeverCameIsADeadLetterAfterAnHour) {
  const std::int64_t now_us = SystemClock().now_us();
  const std::string recent = fmt::format("session:py:msg:{}", now_us - 3'500'000'000);
  const std::string forsaken = fmt::format("session:py:msg:{}", now_us - 3'700'000'000);
  client().command({"SADD", "session:py:pending_msgs", recent, forsaken});
  const SharedBatch batch = claim(PassKind::sweep);
  ASSERT_EQ(batch->dead_letters.size(), 1U);
  EXPECT_EQ(batch->dead_letters[0].key, forsaken);
  EXPECT_EQ(batch->dead_letters[0].error_code, "missing_message");
  acknowledge(batch);
  EXPECT_EQ(client().strings({"SMEMBERS", "session:py:pending_msgs"}), std::vector{recent});
}

TEST_F(DrainTest, AForeignSessionIdThatIsNoneIsPassedBy) {
  client().command({"SADD", "session:a b:pending_msgs", "session:a b:msg:5"});
  client().command({"ZADD", "sync:dirty", "1", "no/id"});
  client().set("session:text:pending_msgs", "not a set");
  client().command({"ZADD", "sync:dirty", "1", "text"});
  record(turn_of("abc", 1));
  EXPECT_EQ(claim(PassKind::sweep)->turns.size(), 1U);
}

TEST_F(DrainTest, AnIndexEntryWithNothingBehindItGoesAway) {
  client().command({"ZADD", "sync:dirty", "1", "gone"});
  EXPECT_TRUE(claim(PassKind::indexed)->empty());
  EXPECT_TRUE(client().keys().empty());
}

TEST_F(DrainTest, AFullRedisRefusesTurnsAndCanBeDrained) {
  RedisServer full;
  RedisUser user(io(), Settings::Redis{.socket = full.socket()});
  for (int number = 1; number <= 50; ++number) {
    ok(record_turn(user.cache, turn_of("abc", number), SessionPresence::known_new));
  }
  RespClient client = full.client();
  client.command({"CONFIG", "SET", "maxmemory", "1mb"});
  const auto before = everything_in(client);
  const auto refused = await(record_turn(user.cache, turn_of("abc", 51), SessionPresence::unknown));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, ErrorKind::overloaded);
  EXPECT_FALSE(await(user.cache.create(session_after("new", 0))).has_value());
  EXPECT_FALSE(
      await(user.cache.seed({session_after("old", 3), numbered_turns("old", 1, 3), {}})).has_value());
  EXPECT_EQ(everything_in(client), before);

  const auto pass = user.pending.begin_pass(PassKind::sweep);
  auto batch = std::make_shared<const TurnBatch>(ok(pass->next(100)));
  EXPECT_EQ(ok(user.pending.acknowledge(batch)), 50U);
  EXPECT_EQ(ok(user.pending.count_pending()), 0U);
}

TEST_F(DrainTest, AHugeSessionIsReadInPiecesAndWhole) {
  constexpr int kTurns = 20'000;
  std::vector<AsyncResult<RecordOutcome>> recorders;
  for (int number = 1; number <= kTurns; ++number) {
    recorders.push_back(record_turn(cache(), turn_of("big", number), SessionPresence::known_new));
  }
  for (const auto& outcome : all(std::move(recorders))) ASSERT_TRUE(outcome.has_value());
  const auto pass = pending_turns().begin_pass(PassKind::indexed);
  std::size_t removed = 0;
  for (;;) {
    auto batch = std::make_shared<const TurnBatch>(ok(pass->next(1'000)));
    if (batch->empty()) break;
    EXPECT_LE(batch->turns.size(), 1'000U);
    removed += acknowledge(batch);
  }
  EXPECT_EQ(removed, kTurns);
  EXPECT_EQ(ok(pending_turns().count_pending()), 0U);
}

TEST_F(DrainTest, ErasingAHugeSessionLeavesNothing) {
  std::vector<AsyncResult<RecordOutcome>> recorders;
  for (int number = 1; number <= 12'345; ++number) {
    recorders.push_back(record_turn(cache(), turn_of("big", number), SessionPresence::known_new));
  }
  for (const auto& outcome : all(std::move(recorders))) ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(ok(cache().erase("big")), 12'345U);
  EXPECT_EQ(client().keys(), (std::vector<std::string>{"session:big:meta"})) << "the mark of its end";
  EXPECT_GT(client().integer({"TTL", "session:big:meta"}), 0);
}

TEST_F(DrainTest, ASessionThatCannotBeAcknowledgedKeepsNoOtherFromIt) {
  constexpr int kSessions = 100;
  for (int number = 0; number < kSessions; ++number) record(turn_of(fmt::format("s-{:03}", number), 1));
  const SharedBatch batch = claim(PassKind::indexed, kSessions);
  ASSERT_EQ(batch->turns.size(), static_cast<std::size_t>(kSessions));
  client().set("session:s-000:pending_msgs", "no set");
  const auto acknowledged = await(pending_turns().acknowledge(batch));
  ASSERT_FALSE(acknowledged.has_value());
  EXPECT_EQ(acknowledged.error().code, "wrong_type");
  EXPECT_EQ(client().keys("session:*:msg:*").size(), 1U) << "its own turn alone";
  EXPECT_EQ(client().integer({"ZCARD", "sync:dirty"}), 1);
}

TEST_F(DrainTest, LargeTurnsDoNotMakeALargeBatch) {
  for (int number = 1; number <= 60; ++number) {
    Turn turn = turn_of("abc", number);
    turn.question.assign(1024 * 1024, 'q');
    record(std::move(turn));
  }
  const auto pass = pending_turns().begin_pass(PassKind::indexed);
  std::size_t turns = 0;
  for (;;) {
    const TurnBatch batch = ok(pass->next(1'000));
    if (batch.empty()) break;
    EXPECT_LE(batch.turns.size(), 50U);
    turns += batch.turns.size();
  }
  EXPECT_EQ(turns, 60U);
}

}  // namespace
}  // namespace chatsync::test
