// Turns recorded many in one call, and the short way of those whose session is known.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <stop_token>
#include <thread>

#include "integration/redis/redis_fixture.hpp"

namespace chatsync::test {
namespace {

class RecorderTest : public RedisTest {
 protected:
  /// How often Redis has carried out a command since the last reset.
  std::int64_t calls(const std::string& command) {
    const std::string stats = client().command({"INFO", "commandstats"}).text;
    const std::string name = "cmdstat_" + command + ":calls=";
    const std::size_t at = stats.find(name);
    return at == std::string::npos ? 0 : std::atoll(stats.c_str() + at + name.size());
  }
  void reset_calls() { client().command({"CONFIG", "RESETSTAT"}); }

  /// One turn in each of the sessions, all at once.
  std::vector<Result<RecordOutcome>> record_in(const std::vector<std::string>& sessions, int number) {
    std::vector<AsyncResult<RecordOutcome>> turns;
    turns.reserve(sessions.size());
    for (const std::string& session : sessions) {
      turns.push_back(record_turn(cache(), turn_of(session, number), SessionPresence::known_new));
    }
    return all(std::move(turns));
  }
};

std::vector<std::string> sessions_named(int count) {
  std::vector<std::string> names;
  for (int number = 0; number < count; ++number) names.push_back(fmt::format("session-{}", number));
  return names;
}

TEST_F(RecorderTest, TurnsThatComeTogetherGoInOneCall) {
  ok(cache().health());
  reset_calls();
  for (const auto& outcome : record_in(sessions_named(16), 1)) ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(calls("evalsha"), 1);
  EXPECT_EQ(calls("incr"), 16);
}

TEST_F(RecorderTest, ManyTurnsThatComeTogetherGoInAFewCalls) {
  ok(cache().health());
  reset_calls();
  for (const auto& outcome : record_in(sessions_named(400), 1)) ASSERT_TRUE(outcome.has_value());
  EXPECT_LE(calls("evalsha"), 400 / 16);
  EXPECT_EQ(calls("incr"), 400);
}

TEST_F(RecorderTest, AnyNumberOfTurnsAtOnceAreRecordedOnce) {
  const std::vector<std::string> sessions = sessions_named(1'000);
  for (int number = 1; number <= 3; ++number) {
    for (const auto& outcome : record_in(sessions, number)) {
      ASSERT_TRUE(outcome.has_value());
      EXPECT_EQ(outcome->question_count, number);
    }
  }
  EXPECT_EQ(claim(PassKind::indexed, 10'000)->turns.size(), 3'000U);
  EXPECT_EQ(ok(cache().history("session-999")), numbered_turns("session-999", 1, 3));
}

TEST_F(RecorderTest, ALargeTurnDoesNotWaitForASmallerOneNorTheOtherWayRound) {
  std::vector<AsyncResult<RecordOutcome>> turns;
  for (int number = 1; number <= 8; ++number) {
    Turn turn = turn_of("abc", number);
    turn.answer.assign(number % 2 == 0 ? 400'000 : 10, 'x');
    turns.push_back(record_turn(cache(), std::move(turn), SessionPresence::known_new));
  }
  for (const auto& outcome : all(std::move(turns))) EXPECT_TRUE(outcome.has_value());
  EXPECT_EQ(client().get("session:abc:count"), "8");
}

TEST_F(RecorderTest, ANextTurnNeedsNoNumberingByTheScript) {
  record(turn_of("abc", 1));
  reset_calls();
  const RecordOutcome outcome = record(turn_of("abc", 2));
  EXPECT_EQ(outcome.question_count, 2);
  EXPECT_EQ(outcome.timestamp_us, turn_of("abc", 2).timestamp_us);
  EXPECT_EQ(calls("incr"), 0);
  EXPECT_EQ(calls("lindex"), 0);
  EXPECT_EQ(calls("mset"), 1);
  EXPECT_EQ(ok(cache().history("abc")), numbered_turns("abc", 1, 2));
  EXPECT_EQ(claim()->turns.at(1).turn, numbered_turn("abc", 2));
}

TEST_F(RecorderTest, ANumberThatAnotherHasGivenIsNotGivenAgain) {
  const auto other = another_user();
  record(turn_of("abc", 1));
  Turn later = turn_of("abc", 2);
  later.timestamp_us += 60'000'000;
  const RecordOutcome of_other = ok(record_turn(other->cache, later, SessionPresence::unknown));
  const RecordOutcome own = record(turn_of("abc", 3));
  EXPECT_EQ(own.question_count, 3);
  EXPECT_EQ(own.timestamp_us, of_other.timestamp_us + 2) << "stamps grow whatever the recorders' clocks say";
}

TEST_F(RecorderTest, ACountThatWentBackIsGoneOnFrom) {
  for (int number = 1; number <= 5; ++number) record(turn_of("abc", number));
  client().set("session:abc:count", "3");
  EXPECT_EQ(record(turn_of("abc", 6)).question_count, 4);
}

TEST_F(RecorderTest, AKnownSessionThatIsGoneIsReportedMissing) {
  record(turn_of("abc", 1));
  client().command({"DEL", "session:abc:count"});
  const auto before = everything_in(client());
  EXPECT_TRUE(record(turn_of("abc", 2), SessionPresence::unknown).session_missing);
  EXPECT_EQ(everything_in(client()), before);
}

TEST_F(RecorderTest, AStampThatAnotherProgramHasTakenIsPassedByAlsoInAKnownSession) {
  record(turn_of("abc", 1));
  const Turn next = turn_of("abc", 2);
  const std::string taken = fmt::format("session:abc:msg:{}", next.timestamp_us);
  client().command({"HSET", taken, "question", "theirs", "answer", "theirs too"});
  client().command({"SADD", "session:abc:pending_msgs", taken});
  const RecordOutcome outcome = record(next);
  EXPECT_EQ(outcome.question_count, 2);
  EXPECT_EQ(outcome.timestamp_us, next.timestamp_us + 2);
  EXPECT_EQ(client().hash(taken).at("question"), "theirs");
}

TEST_F(RecorderTest, WhatAnotherProgramHasWrittenAndNotYetMadePendingIsPassedBy) {
  record(turn_of("abc", 1));
  for (const int number : {2, 3}) {
    const Turn next = turn_of("abc", number);
    const std::string taken = fmt::format("session:abc:msg:{}", next.timestamp_us);
    if (number == 2) client().command({"HSET", taken, "question", "theirs"});
    if (number == 3) client().set(taken, "no turn at all");
    const std::string before = client().command({"DUMP", taken}).text;
    EXPECT_EQ(record(next).timestamp_us, next.timestamp_us + 2);
    EXPECT_EQ(client().command({"DUMP", taken}).text, before);
  }
}

TEST_F(RecorderTest, ASessionThatSeveralRecordInIsNotGuessedAtUntilOnlyOneDoes) {
  const auto other = another_user();
  int number = 0;
  record(turn_of("abc", ++number));
  const auto other_records = [&] {
    const auto outcome = ok(record_turn(other->cache, turn_of("abc", ++number), SessionPresence::unknown));
    EXPECT_EQ(outcome.question_count, number);
  };
  const auto record_here = [&] { EXPECT_EQ(record(turn_of("abc", ++number)).question_count, number); };
  other_records();
  record_here();  // Guessed wrong.
  reset_calls();
  for (int i = 0; i < 5; ++i) {
    other_records();
    record_here();
  }
  EXPECT_EQ(calls("rename"), 6) << "the other one's first guess: count, history and pending, there and back";
  record_here();
  reset_calls();
  record_here();
  EXPECT_EQ(calls("exec"), 1);
  EXPECT_EQ(calls("evalsha"), 0);
  EXPECT_EQ(claim()->turns.size(), static_cast<std::size_t>(number));
}

TEST_F(RecorderTest, WhatOneThreadHasRecordedTheOthersOfItsProcessForesee) {
  const auto other = another_thread();
  ok(other->cache.health());  // It knows whose memory it is connected to.
  record(turn_of("abc", 1));
  reset_calls();
  for (int number = 2; number <= 9; ++number) {
    redis::RedisTurnCache& either = number % 2 == 0 ? other->cache : cache();
    EXPECT_EQ(ok(record_turn(either, turn_of("abc", number), SessionPresence::unknown)).question_count,
              number);
  }
  EXPECT_EQ(calls("exec"), 8);
  EXPECT_EQ(calls("evalsha"), 0);
  EXPECT_EQ(calls("rename"), 0);
  EXPECT_EQ(ok(cache().history("abc")), numbered_turns("abc", 1, 9));
}

TEST_F(RecorderTest, NothingOfASessionExpiresAnyMoreOnceItHasATurnToSync) {
  record(turn_of("abc", 1));
  ASSERT_EQ(acknowledge(claim()), 1U);
  const auto expiring = [&] {
    std::size_t keys = 0;
    for (const char* key : {"session:abc:count", "session:abc:history", "session:abc:meta"}) {
      keys += client().integer({"PTTL", key}) > 0 ? 1 : 0;
    }
    return keys;
  };
  ASSERT_EQ(expiring(), 3U);
  reset_calls();
  record(turn_of("abc", 2));
  EXPECT_EQ(calls("exec"), 1);
  EXPECT_EQ(expiring(), 0U);
}

TEST_F(RecorderTest, OfTurnsThatComeTogetherEachSessionThatHadNothingToSyncExpiresNoMore) {
  const std::vector<std::string> sessions = sessions_named(6);
  for (const auto& outcome : record_in({sessions[0], sessions[2], sessions[5]}, 1))
    ASSERT_TRUE(outcome.has_value());
  ASSERT_EQ(acknowledge(claim()), 3U);
  for (const auto& outcome : record_in({sessions[1], sessions[3], sessions[4]}, 1))
    ASSERT_TRUE(outcome.has_value());
  reset_calls();
  for (const auto& outcome : record_in(sessions, 2)) ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(calls("exec"), 1);
  EXPECT_EQ(calls("persist"), 2 * 3) << "history and meta of those that were marked";
  for (const std::string& key : client().keys()) EXPECT_EQ(client().integer({"PTTL", key}), -1) << key;
}

TEST_F(RecorderTest, AHistoryOfAKnownSessionHoldsTheLastTenTurns) {
  for (int number = 1; number <= 12; ++number) record(turn_of("abc", number));
  EXPECT_EQ(ok(cache().history("abc")), numbered_turns("abc", 3, 12));
  EXPECT_EQ(client().integer({"LLEN", "session:abc:history"}), 10);
}

TEST_F(RecorderTest, TurnsThatCannotBeLookedAtAreNumberedByTheScript) {
  const std::vector<std::string> sessions = sessions_named(5);
  for (const auto& outcome : record_in(sessions, 1)) ASSERT_TRUE(outcome.has_value());
  client().command({"ACL", "SETUSER", "default", "-sdiff"});
  reset_calls();
  const auto outcomes = record_in(sessions, 2);
  client().command({"ACL", "SETUSER", "default", "+@all"});
  for (const auto& outcome : outcomes) {
    ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
    EXPECT_EQ(outcome->question_count, 2);
  }
  EXPECT_EQ(calls("exec"), 1) << "they were sent as foreseen before";
  EXPECT_GT(calls("incr"), 0) << "the script's";
  EXPECT_EQ(claim()->turns.size(), 10U);
  for (const std::string& key : client().keys()) EXPECT_FALSE(key.ends_with(":aside")) << key;
}

TEST_F(RecorderTest, AFullRedisRefusesAKnownTurnAndChangesNothing) {
  record(turn_of("abc", 1));
  client().command({"CONFIG", "SET", "maxmemory", "1"});
  const auto outcome = try_record(turn_of("abc", 2));
  client().command({"CONFIG", "SET", "maxmemory", "0"});
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code, "cache_full");
  EXPECT_EQ(client().get("session:abc:count"), "1");
  EXPECT_EQ(record(turn_of("abc", 2)).question_count, 2);
}

TEST_F(RecorderTest, OneTurnsFailureIsItsOwn) {
  std::vector<std::string> sessions = sessions_named(6);
  for (const auto& outcome : record_in(sessions, 1)) ASSERT_TRUE(outcome.has_value());
  client().command({"DEL", "session:session-1:history"});
  client().set("session:session-1:history", "no list");
  client().set("session:session-4:count", "many");
  const auto outcomes = record_in(sessions, 2);
  for (const std::size_t index : {0U, 2U, 3U, 5U}) {
    ASSERT_TRUE(outcomes[index].has_value()) << sessions[index];
    EXPECT_EQ(outcomes[index]->question_count, 2);
  }
  ASSERT_FALSE(outcomes[1].has_value());
  EXPECT_EQ(outcomes[1].error().code, "wrong_type");
  ASSERT_FALSE(outcomes[4].has_value());
  EXPECT_NE(outcomes[4].error().message.find("not a number"), std::string::npos);
  EXPECT_EQ(client().get("session:session-1:count"), "1");
  EXPECT_EQ(client().integer({"SCARD", "session:session-1:pending_msgs"}), 1);
}

TEST_F(RecorderTest, TurnsOfOneSessionAtOnceGetDifferentNumbersAlsoWhereItIsKnown) {
  record(turn_of("abc", 1));
  const auto outcomes = record_in({"abc", "abc", "abc", "abc"}, 2);
  std::map<std::int64_t, std::int64_t> stamps;
  for (const auto& outcome : outcomes) stamps[outcome->question_count] = outcome->timestamp_us;
  ASSERT_EQ(stamps.size(), 4U);
  EXPECT_EQ(stamps.begin()->first, 2);
  EXPECT_EQ(stamps.rbegin()->first, 5);
  std::int64_t previous = 0;
  for (const auto& [count, stamp] : stamps) EXPECT_GT(stamp, std::exchange(previous, stamp));
}

TEST_F(RecorderTest, WhateverOtherThreadsRememberMeanwhileEachTurnIsRecordedOnce) {
  constexpr int kRounds = 300;
  constexpr int kTurns = 4;
  std::atomic<std::int64_t> count = record(turn_of("abc", 1)).question_count;
  std::atomic<std::int64_t> stamp = turn_of("abc", 1).timestamp_us;
  const std::jthread other(
      [&, last_turns = user().last_turns, lineage = cache().lineage()](const std::stop_token& stop) {
        while (!stop.stop_requested())
          last_turns->remember(lineage, "abc", {.count = count, .timestamp_us = stamp});
      });
  for (int round = 0; round < kRounds; ++round) {
    const auto outcomes = record_in(std::vector<std::string>(kTurns, "abc"), 2);
    for (const auto& outcome : outcomes) {
      ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
      count = std::max(count.load(), outcome->question_count);
      stamp = std::max(stamp.load(), outcome->timestamp_us);
    }
    ASSERT_EQ(client().get("session:abc:count"), std::to_string(1 + kTurns * (round + 1)));
    ASSERT_EQ(client().integer({"SCARD", "session:abc:pending_msgs"}), 1 + kTurns * (round + 1));
  }
}

TEST_F(RecorderTest, AForgottenScriptIsLoadedAgain) {
  record(turn_of("abc", 1));
  client().command({"SCRIPT", "FLUSH"});
  EXPECT_EQ(record(turn_of("abc", 2)).question_count, 2);
  EXPECT_EQ(ok(cache().history("abc")), numbered_turns("abc", 1, 2));
}

TEST_F(RecorderTest, ACountThatReadsNewIsNoCount) {
  client().set("session:abc:count", "new");
  const auto before = everything_in(client());
  EXPECT_FALSE(try_record(turn_of("abc", 1)).has_value());
  EXPECT_EQ(everything_in(client()), before);
}

class WrongTypeInKnownSession : public RecorderTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(WrongTypeInKnownSession, LeavesNothingChanged) {
  // As many as a history holds: not even room is made in it.
  for (int number = 1; number <= 10; ++number) record(turn_of("abc", number));
  const std::string key = GetParam();
  client().command({"DEL", key});
  client().command({key.ends_with("count") ? "LPUSH" : "SET", key, "something else"});
  client().command({"PEXPIRE", "session:abc:meta", "3600000"});
  client().command({"PEXPIRE", "session:abc:history", "3600000"});
  const auto before = everything_in(client());
  const auto outcome = try_record(turn_of("abc", 11), SessionPresence::unknown);
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().kind, ErrorKind::conflict);
  EXPECT_EQ(outcome.error().code, "wrong_type");
  EXPECT_EQ(everything_in(client()), before);
}

INSTANTIATE_TEST_SUITE_P(Keys, WrongTypeInKnownSession,
                         ::testing::Values("session:abc:count", "session:abc:history",
                                           "session:abc:pending_msgs", "sync:dirty"));

class WrongTypeInOneOfSeveral : public RecorderTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(WrongTypeInOneOfSeveral, DoesNotKeepTheOthersFromBeingRecorded) {
  const std::vector<std::string> sessions = {"x", "abc", "y"};
  for (const auto& outcome : record_in(sessions, 1)) ASSERT_TRUE(outcome.has_value());
  const std::string key = GetParam();
  client().command({"DEL", key});
  client().command({key.ends_with("count") ? "LPUSH" : "SET", key, "something else"});
  const auto outcomes = record_in(sessions, 2);
  EXPECT_FALSE(outcomes[1].has_value());
  for (const std::size_t other : {0U, 2U}) {
    ASSERT_TRUE(outcomes[other].has_value()) << outcomes[other].error().message;
    EXPECT_EQ(ok(cache().history(sessions[other])), numbered_turns(sessions[other], 1, 2));
    EXPECT_EQ(client().integer({"SCARD", fmt::format("session:{}:pending_msgs", sessions[other])}), 2);
  }
}

INSTANTIATE_TEST_SUITE_P(Keys, WrongTypeInOneOfSeveral,
                         ::testing::Values("session:abc:count", "session:abc:history",
                                           "session:abc:pending_msgs"));

TEST_F(RecorderTest, OwnDataOfAnotherTypeSayNothing) {
  client().set("session:abc:meta", "x");
  EXPECT_EQ(ok(cache().own_data("abc")), Session{.session_id = "abc"});
}

TEST_F(RecorderTest, OwnDataThatMayNotBeReadAreNotTakenForNone) {
  client().command({"ACL", "SETUSER", "default", "-hmget"});
  const Result<Session> own = await(cache().own_data("abc"));
  client().command({"ACL", "SETUSER", "default", "+@all"});
  ASSERT_FALSE(own.has_value());
  EXPECT_NE(own.error().message.find("NOPERM"), std::string::npos) << own.error().message;
}

}  // namespace
}  // namespace chatsync::test
