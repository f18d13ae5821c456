// TurnStore::append: the store in the cache's place.
#include <fmt/format.h>

#include <algorithm>

#include "chat/turn_stamp.hpp"
#include "contract/store_contract.hpp"

namespace chatsync {

bool operator==(const AppendOutcome& a, const AppendOutcome& b) {
  return a.question_count == b.question_count && a.timestamp_us == b.timestamp_us &&
         a.provisional == b.provisional;
}
void PrintTo(const AppendOutcome& outcome, std::ostream* out) {
  *out << outcome.question_count << " at " << outcome.timestamp_us
       << (outcome.provisional ? " provisionally" : "");
}

namespace test {
namespace {

std::vector<Turn> operator+(std::vector<Turn> turns, const std::vector<Turn>& more) {
  turns.insert(turns.end(), more.begin(), more.end());
  return turns;
}

class StoreAppend : public StoreContract {
 protected:
  static AppendOutcome outcome(int number, bool provisional = true) {
    return {.question_count = number,
            .timestamp_us = store_stamp(turn_of("s", number).timestamp_us, 0),
            .provisional = provisional};
  }
};

TEST_P(StoreAppend, NumbersATurnAfterTheSettledOnes) {
  write(numbered_turns("s", 1, 3));
  EXPECT_EQ(append(turn_of("s", 4)), outcome(4));
  EXPECT_EQ(append(turn_of("s", 5)), outcome(5));
  EXPECT_EQ(turns("s", {.limit = 3}), numbered_turns("s", 3, 3) + appended_turns("s", 4, 5));
}

TEST_P(StoreAppend, NumbersTheTurnsOfOneCallOneAfterTheOther) {
  write(numbered_turns("s", 1, 1));
  EXPECT_EQ(append({{turn_of("s", 2)}, {turn_of("t", 1)}, {turn_of("s", 3)}}),
            (std::vector{outcome(2), outcome(1), outcome(3)}));
}

TEST_P(StoreAppend, StampsATurnLaterThanTheLastOneWhateverTheClockSays) {
  write(numbered_turns("s", 1, 3));
  Turn late = turn_of("s", 1);
  late.turn_id = "late-1";
  const std::int64_t first = append(late).timestamp_us;
  EXPECT_GT(first, turn_of("s", 3).timestamp_us);
  late.turn_id = "late-2";
  EXPECT_EQ(append(late).timestamp_us, first + 2);
  EXPECT_EQ(load("s")->session.updated_at_us, first + 2);
}

TEST_P(StoreAppend, GivesNoStampThatTheCacheGives) {
  write(numbered_turns("s", 1, 3));
  const std::int64_t last_us = turn_of("s", 3).timestamp_us;
  std::vector<Turn> cached = numbered_turns("s", 4, 8);
  for (std::int64_t stamp = last_us; Turn & turn : cached) turn.timestamp_us = stamp = cache_stamp(0, stamp);
  for (int number = 9; number < 14; ++number) {
    Turn late = turn_of("s", number);
    late.timestamp_us = last_us + number;
    append(late);
  }
  EXPECT_EQ(write(cached).quarantined, 0);
  EXPECT_EQ(ok(store().count_turns("s")), 13);
}

TEST_P(StoreAppend, MakesTheSessionOfItsFirstTurn) {
  append(turn_of("s", 1), true);
  EXPECT_EQ(load("s")->session, (Session{.session_id = "s",
                                         .user_id = "ann",
                                         .title = "",
                                         .question_count = 0,
                                         .created_at_us = turn_of("s", 1).timestamp_us,
                                         .updated_at_us = outcome(1).timestamp_us}));
}

TEST_P(StoreAppend, LeavesTheSettledCountAndTheRestOfTheSessionAsTheyAre) {
  Session session = session_after("s", 3);
  session.title = "a title";
  session.user_id = "owner";
  write_session(session);
  write(numbered_turns("s", 1, 3));
  append(turn_of("s", 4));
  session.question_count = 3;
  session.updated_at_us = outcome(4).timestamp_us;
  EXPECT_EQ(load("s")->session, session);
}

TEST_P(StoreAppend, ATurnOfASessionThatTheCacheMayKnowIsProvisional) {
  EXPECT_TRUE(append(turn_of("s", 1)).provisional);
  EXPECT_TRUE(append(turn_of("s", 2)).provisional);
}

TEST_P(StoreAppend, ATurnOfASessionThatBeganHereIsNot) {
  EXPECT_FALSE(append(turn_of("s", 1), true).provisional);
}

TEST_P(StoreAppend, ATurnThatIsAppendedAgainGetsWhatItGot) {
  write(numbered_turns("s", 1, 2));
  const AppendOutcome first = append(turn_of("s", 3));
  append(turn_of("s", 4));
  EXPECT_EQ(append(turn_of("s", 3)), first);
  EXPECT_EQ(ok(store().count_turns("s")), 4);
}

TEST_P(StoreAppend, ATurnThatComesTwiceInOneCallIsStoredOnce) {
  EXPECT_EQ(append({{turn_of("s", 1)}, {turn_of("s", 1)}, {turn_of("s", 2)}}),
            (std::vector{outcome(1), outcome(1), outcome(2)}));
  EXPECT_EQ(ok(store().count_turns("s")), 2);
}

TEST_P(StoreAppend, ASettledTurnThatIsAppendedAgainTellsItsFinalNumber) {
  append(turn_of("s", 1));
  settle("s", {{.timestamp_us = outcome(1).timestamp_us, .seq = 7}});
  const AppendOutcome again = append(turn_of("s", 1));
  EXPECT_EQ(again.question_count, 7);
  EXPECT_FALSE(again.provisional);
}

TEST_P(StoreAppend, RefusesTheTurnsOfErasedSessionsAndTakesTheOthers) {
  write(numbered_turns("gone", 1, 1));
  ok(store().erase("gone", 1));
  const auto outcomes = ok(appending(store(), {{turn_of("gone", 2)}, {turn_of("s", 1)}}));
  ASSERT_EQ(outcomes.size(), 2);
  ASSERT_FALSE(outcomes[0]);
  EXPECT_EQ(outcomes[0].error().kind, ErrorKind::gone);
  EXPECT_EQ(outcomes[0].error().code, "session_deleted");
  ASSERT_TRUE(outcomes[1]);
  EXPECT_EQ(turns("s").size(), 1);
  EXPECT_TRUE(turns("gone").empty());
}

TEST_P(StoreAppend, RefusesAnIdThatBelongsToAnotherSession) {
  append(turn_of("s", 1));
  Turn intruder = turn_of("t", 1);
  intruder.turn_id = turn_of("s", 1).turn_id;
  const auto outcomes = ok(appending(store(), {{intruder}, {turn_of("t", 2)}}));
  ASSERT_FALSE(outcomes[0]);
  EXPECT_EQ(outcomes[0].error().kind, ErrorKind::conflict);
  EXPECT_TRUE(outcomes[1]);
}

TEST_P(StoreAppend, KeepsTextsByteForByte) {
  std::vector<DirectTurn> sent;
  std::vector<Turn> expected;
  for (int next = 1; const std::string& text : awkward_texts()) {
    Turn turn = appended_turns("s", next, next).front();
    turn.question = text;
    turn.answer = text + "!";
    sent.push_back({turn, true});
    expected.push_back(turn);
    ++next;
  }
  append(sent);
  EXPECT_EQ(turns("s"), expected);
}

TEST_P(StoreAppend, TakesManyTurnsOfManySessionsAtOnce) {
  std::vector<DirectTurn> sent;
  for (int number = 1; number <= 10; ++number) {
    for (int s = 0; s < 250; ++s) sent.push_back({turn_of(fmt::format("s{}", s), number)});
  }
  const auto outcomes = append(sent);
  ASSERT_EQ(outcomes.size(), sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    ASSERT_EQ(outcomes[i].question_count, static_cast<std::int64_t>(i / 250) + 1);
  }
  EXPECT_EQ(turns("s77"), appended_turns("s77", 1, 10));
}

TEST_P(StoreAppend, TwoInstancesGiveEachTurnItsOwnNumberAndStamp) {
  constexpr int kTurns = 40;
  const auto other = rig().another_store();
  std::vector<AsyncResult<std::vector<Result<AppendOutcome>>>> appends;
  for (int number = 1; number <= kTurns; ++number) {
    Turn turn = turn_of("s", number);
    turn.timestamp_us = kDawn;
    TurnStore& into = number % 2 == 0 ? static_cast<TurnStore&>(store()) : *other;
    appends.push_back(appending(into, {{turn}, {turn_of(fmt::format("t{}", number % 5), number)}}));
  }
  std::vector<std::int64_t> numbers;
  std::vector<std::int64_t> stamps;
  for (const auto& outcomes : all(std::move(appends))) {
    ASSERT_TRUE(outcomes) << outcomes.error().message;
    ASSERT_TRUE(outcomes->front()) << outcomes->front().error().message;
    numbers.push_back((*outcomes->front()).question_count);
    stamps.push_back((*outcomes->front()).timestamp_us);
  }
  std::ranges::sort(numbers);
  std::ranges::sort(stamps);
  for (int i = 0; i < kTurns; ++i) {
    EXPECT_EQ(numbers[static_cast<std::size_t>(i)], i + 1);
    EXPECT_EQ(stamps[static_cast<std::size_t>(i)], kDawn + 1 + 2 * i);
  }
  EXPECT_EQ(load("s")->unsettled_count, kTurns);
}

TEST_P(StoreAppend, UnsettledTurnsAreRowsLikeAnyOther) {
  write(numbered_turns("s", 1, 2));
  append(turn_of("s", 3));
  EXPECT_EQ(ok(store().count_turns("s")), 3);
  EXPECT_EQ(turns("s", {.limit = 2}), numbered_turns("s", 2, 2) + appended_turns("s", 3, 3));
}

TEST_P(StoreAppend, LoadTellsSettledFromUnsettledTurns) {
  write(numbered_turns("s", 1, 4));
  append({{turn_of("s", 5)}, {turn_of("s", 6)}});
  const auto stored = load("s", 3);
  EXPECT_EQ(stored->session.question_count, 4);
  EXPECT_EQ(stored->recent, numbered_turns("s", 2, 4));
  EXPECT_EQ(stored->unsettled, appended_turns("s", 5, 6));
  EXPECT_EQ(stored->unsettled_count, 2);
  EXPECT_TRUE(load("s", 0)->recent.empty());
  EXPECT_EQ(load("s", 0)->unsettled.size(), 2);
}

TEST_P(StoreAppend, ATurnSyncedLaterThanUnsettledOnesIsSettledAllTheSame) {
  append(turn_of("s", 5));
  write(numbered_turns("s", 1, 2));
  write(numbered_turns("s", 7, 7));
  const auto stored = load("s", 10);
  EXPECT_EQ(turn_ids(stored->recent), (std::vector<std::string>{"s-turn-1", "s-turn-2", "s-turn-7"}));
  EXPECT_EQ(turn_ids(stored->unsettled), std::vector<std::string>{"s-turn-5"});
  EXPECT_EQ(stored->session.question_count, 7);
}

TEST_P(StoreAppend, LoadsTheOldestUnsettledTurnsOfVeryMany) {
  constexpr int kTurns = static_cast<int>(kUnsettledAtOnce) + 20;
  std::vector<DirectTurn> sent;
  for (int number = 1; number <= kTurns; ++number) sent.push_back({turn_of("s", number)});
  append(sent);
  const auto stored = load("s", 10);
  EXPECT_EQ(stored->unsettled, appended_turns("s", 1, kUnsettledAtOnce));
  EXPECT_EQ(stored->unsettled_count, kTurns);
  EXPECT_TRUE(stored->recent.empty());
}

TEST_P(StoreAppend, TurnsOfOtherProgramsAreCountedWithoutTheUnsettledOnes) {
  append(turn_of("s", 1));
  write({turn_of("s", 2), turn_of("s", 3)});
  EXPECT_EQ(load("s")->session.question_count, 2);
}

TEST_P(StoreAppend, KeepsWhatElseIsKnownOfATurn) {
  Turn turn = turn_of("s", 1);
  turn.details = R"({"latency_ms":12})";
  append(turn);
  EXPECT_EQ(turns("s").at(0).details, turn.details);
  EXPECT_EQ(load("s")->unsettled.at(0).details, turn.details);
}

INSTANTIATE_TEST_SUITE_P(Contract, StoreAppend, every_store(), store_name);

}  // namespace
}  // namespace test
}  // namespace chatsync
