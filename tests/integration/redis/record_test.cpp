// record.lua: what one accepted turn leaves in Redis.
#include <fmt/format.h>

#include "chat/turn_json.hpp"
#include "integration/redis/redis_fixture.hpp"

namespace chatsync::test {
namespace {

using RecordTest = RedisTest;

TEST_F(RecordTest, WritesTheDocumentedKeys) {
  const Turn turn = turn_of("abc", 1);
  const RecordOutcome outcome = record(turn);
  EXPECT_EQ(outcome.question_count, 1);
  EXPECT_EQ(outcome.timestamp_us, turn.timestamp_us);

  const std::string key = fmt::format("session:abc:msg:{}", turn.timestamp_us);
  EXPECT_EQ(client().keys(),
            (std::vector<std::string>{"session:abc:count", "session:abc:history", "session:abc:meta", key,
                                      "session:abc:pending_msgs", "sync:dirty", "sync:new:" + turn.user_id}));
  EXPECT_EQ(client().get("session:abc:count"), "1");
  EXPECT_EQ(client().strings({"SMEMBERS", "session:abc:pending_msgs"}), std::vector{key});
  EXPECT_EQ(client().strings({"ZRANGE", "sync:dirty", "0", "-1"}), std::vector<std::string>{"abc"});
  EXPECT_EQ(client().strings({"LRANGE", "session:abc:history", "0", "-1"}),
            std::vector{history_entry(numbered_turn("abc", 1))});
  const std::map<std::string, std::string> hash{
      {"turn_id", turn.turn_id}, {"seq", "1"},
      {"user_id", turn.user_id}, {"question", turn.question},
      {"answer", turn.answer},   {"status", "complete"},
      {"model", turn.model},     {"created_at", std::to_string(turn.timestamp_us)}};
  EXPECT_EQ(client().hash(key), hash);
}

TEST_F(RecordTest, GivesALaterTimeStampWhenTheClockStandsStillOrGoesBack) {
  Turn turn = turn_of("abc", 1);
  const std::int64_t first = record(turn).timestamp_us;
  turn.turn_id = "second";
  EXPECT_EQ(record(turn).timestamp_us, first + 2);
  turn.turn_id = "third";
  turn.timestamp_us -= 60'000'000;
  EXPECT_EQ(record(turn).timestamp_us, first + 4);
}

TEST_F(RecordTest, PassesByTheTimeStampsThatAnotherProgramHasTaken) {
  const Turn turn = turn_of("abc", 1);
  for (int taken = 0; taken < 3; ++taken) {
    client().command(
        {"SADD", "session:abc:pending_msgs", fmt::format("session:abc:msg:{}", turn.timestamp_us + taken)});
  }
  EXPECT_EQ(record(turn).timestamp_us, turn.timestamp_us + 4);
}

TEST_F(RecordTest, IgnoresATimeThatIsNoneInAHistoryEntryOfAnotherProgram) {
  client().command({"RPUSH", "session:abc:history", R"({"seq":1,"created_at":99999999999999999999,"x":1})"});
  EXPECT_EQ(record(turn_of("abc", 1)).timestamp_us, turn_of("abc", 1).timestamp_us);
}

TEST_F(RecordTest, TwoConnectionsOnOneSessionLoseNoTurn) {
  const auto other = another_user();
  std::vector<AsyncResult<RecordOutcome>> recorders;
  constexpr int kTurns = 2'000;
  for (int number = 0; number < kTurns; ++number) {
    Turn turn = turn_of("abc", 1);
    turn.turn_id = fmt::format("turn-{}", number);
    RedisUser& recorder = number % 2 == 0 ? user() : *other;
    recorders.push_back(record_turn(recorder.cache, std::move(turn), SessionPresence::known_new));
  }
  std::set<std::int64_t> counts;
  std::map<std::int64_t, std::int64_t> stamp_by_count;
  for (const auto& outcome : all(std::move(recorders))) {
    ASSERT_TRUE(outcome.has_value());
    stamp_by_count[outcome->question_count] = outcome->timestamp_us;
  }
  ASSERT_EQ(stamp_by_count.size(), kTurns);
  EXPECT_EQ(stamp_by_count.rbegin()->first, kTurns);
  std::int64_t previous = 0;
  for (const auto& [count, stamp] : stamp_by_count) EXPECT_GT(stamp, std::exchange(previous, stamp));
  EXPECT_EQ(client().integer({"SCARD", "session:abc:pending_msgs"}), kTurns);
}

TEST_F(RecordTest, ChangesNothingWhenTheSessionIsMissing) {
  const Turn turn = turn_of("abc", 1);
  EXPECT_TRUE(record(turn, SessionPresence::unknown).session_missing);
  EXPECT_TRUE(client().keys().empty());
  client().command({"HSET", "session:abc:meta", "user_id", "ann"});
  const auto before = everything_in(client());
  EXPECT_TRUE(record(turn, SessionPresence::unknown).session_missing);
  EXPECT_EQ(everything_in(client()), before);
}

TEST_F(RecordTest, AnAbsentCountIsNoCountOfZeroAlsoWhereTheSessionWasCreated) {
  ok(cache().create(session_after("abc", 0)));
  EXPECT_FALSE(record(turn_of("abc", 1), SessionPresence::unknown).session_missing);
  client().command({"DEL", "session:abc:count"});
  EXPECT_TRUE(record(turn_of("abc", 2), SessionPresence::unknown).session_missing);
}

TEST_F(RecordTest, KeepsTheHistoryAtTenTurns) {
  for (int number = 1; number <= 23; ++number) record(turn_of("abc", number));
  EXPECT_EQ(ok(cache().history("abc")), numbered_turns("abc", 14, 23));
  EXPECT_EQ(client().integer({"LLEN", "session:abc:history"}), 10);
}

TEST_F(RecordTest, CountsOnAboveWhatANumberOfLuaShowsExactly) {
  client().set("session:abc:count", "123456789012345");
  EXPECT_EQ(record(turn_of("abc", 1)).question_count, 123456789012346);
  EXPECT_EQ(ok(cache().history("abc")).at(0).seq, 123456789012346);
}

TEST_F(RecordTest, KeepsZeroBytesAndAMebibyteOfText) {
  Turn turn = turn_of("abc", 1);
  turn.question = std::string("a\0b\r\n$5\r\n", 10);
  turn.answer = std::string(1024 * 1024, 'x') + "ơ";
  record(turn);
  turn.seq = 1;
  EXPECT_EQ(ok(cache().history("abc")), std::vector{turn});
  EXPECT_EQ(ok(cache().pending("abc", {})), std::vector{turn});
  EXPECT_EQ(claim()->turns.at(0).turn, turn);
}

TEST_F(RecordTest, LetsNothingExpireWhileATurnIsPending) {
  record(turn_of("abc", 1));
  acknowledge(claim());
  EXPECT_GT(client().integer({"PTTL", "session:abc:count"}), 0);
  record(turn_of("abc", 2));
  for (const std::string& key : client().keys()) EXPECT_EQ(client().integer({"PTTL", key}), -1) << key;
}

/// A key with something of another type under it.
class WrongTypeTest : public RedisTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void spoil_key() {
    client().command({"DEL", GetParam()});
    client().command(
        {std::string(GetParam()).ends_with("count") ? "LPUSH" : "SET", GetParam(), "something else"});
  }

  void expect_refusal_without_change(SessionPresence presence) {
    const auto before = everything_in(client());
    const auto outcome = try_record(turn_of("abc", 1), presence);
    ASSERT_FALSE(outcome.has_value());
    EXPECT_EQ(outcome.error().kind, ErrorKind::conflict);
    EXPECT_EQ(outcome.error().code, "wrong_type");
    EXPECT_EQ(everything_in(client()), before);
  }
};

using WrongTypeInNewSession = WrongTypeTest;
using WrongTypeInCreatedSession = WrongTypeTest;
using WrongTypeInOldSession = WrongTypeTest;

TEST_P(WrongTypeInNewSession, LeavesNothingChanged) {
  spoil_key();
  expect_refusal_without_change(SessionPresence::known_new);
}

TEST_P(WrongTypeInCreatedSession, LeavesNothingChanged) {
  ok(cache().create(session_after("abc", 0)));
  client().command({"ZREM", "sync:dirty", "abc"});
  spoil_key();
  expect_refusal_without_change(SessionPresence::unknown);
}

TEST_P(WrongTypeInOldSession, LeavesNothingChanged) {
  ok(cache().seed({session_after("abc", 20), numbered_turns("abc", 11, 20), {}}));
  spoil_key();
  expect_refusal_without_change(SessionPresence::unknown);
}

INSTANTIATE_TEST_SUITE_P(Keys, WrongTypeInNewSession,
                         ::testing::Values("session:abc:count", "session:abc:history",
                                           "session:abc:pending_msgs", "session:abc:meta", "sync:dirty",
                                           "sync:new:ann"));
INSTANTIATE_TEST_SUITE_P(Keys, WrongTypeInCreatedSession,
                         ::testing::Values("session:abc:history", "session:abc:pending_msgs", "sync:dirty"));
INSTANTIATE_TEST_SUITE_P(Keys, WrongTypeInOldSession,
                         ::testing::Values("session:abc:count", "session:abc:history",
                                           "session:abc:pending_msgs", "sync:dirty"));

TEST_F(RecordTest, ACountThatIsNoNumberIsAClearErrorAndStays) {
  client().set("session:abc:count", "many");
  const auto before = everything_in(client());
  const auto outcome = try_record(turn_of("abc", 1));
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().kind, ErrorKind::conflict);
  EXPECT_NE(outcome.error().message.find("not a number"), std::string::npos);
  EXPECT_EQ(everything_in(client()), before);
}

}  // namespace
}  // namespace chatsync::test
