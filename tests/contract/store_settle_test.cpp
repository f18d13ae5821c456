// TurnStore: how cache and store come together again after the store stood in for the cache.
#include "chat/turn_stamp.hpp"
#include "contract/store_contract.hpp"

namespace chatsync::test {
namespace {

class StoreSettle : public StoreContract {
 protected:
  /// Where append() puts the turn.
  static std::int64_t at(int number) { return store_stamp(turn_of("s", number).timestamp_us, 0); }

  void append_turns(int first, int last, const std::string& session_id = "s") {
    for (int number = first; number <= last; ++number) append(turn_of(session_id, number));
  }
  std::vector<std::string> unsettled_sessions(const std::string& after = "", std::size_t limit = 100) {
    return ok(store().unsettled_sessions(after, limit));
  }
  std::vector<std::int64_t> seqs() {
    std::vector<std::int64_t> numbers;
    for (const Turn& turn : turns("s")) numbers.push_back(turn.seq.value_or(0));
    return numbers;
  }
  Error failure(AsyncResult<void> task) {
    const Result<void> result = await(std::move(task));
    if (result) throw std::runtime_error("it succeeded");
    return result.error();
  }
  Result<WriteOutcome> write_of(std::uint64_t lineage, const std::vector<Turn>& turns) {
    TurnBatch batch = *batch_of(turns);
    batch.lineage = lineage;
    return await(store().write(std::make_shared<const TurnBatch>(std::move(batch))));
  }
};

using Numbers = std::vector<std::int64_t>;

TEST_P(StoreSettle, GivesTurnsTheirNumbersAndRaisesTheCount) {
  write(numbered_turns("s", 1, 2));
  append_turns(3, 4);
  settle("s", {{.timestamp_us = at(3), .seq = 5}, {.timestamp_us = at(4), .seq = 6}});
  EXPECT_EQ(seqs(), (Numbers{1, 2, 5, 6}));
  const auto stored = load("s", 10);
  EXPECT_EQ(stored->session.question_count, 6);
  EXPECT_EQ(stored->recent.size(), 4);
  EXPECT_EQ(stored->unsettled_count, 0);
  EXPECT_TRUE(unsettled_sessions().empty());
}

TEST_P(StoreSettle, LeavesTheOtherTurnsUnsettled) {
  append_turns(1, 3);
  settle("s", {{.timestamp_us = at(2), .seq = 9}});
  const auto stored = load("s", 10);
  EXPECT_EQ(turn_ids(stored->unsettled), (std::vector<std::string>{"s-turn-1", "s-turn-3"}));
  EXPECT_EQ(stored->session.question_count, 9);
  EXPECT_EQ(append(turn_of("s", 4)).question_count, 12);
}

TEST_P(StoreSettle, SettlingAgainChangesNothing) {
  append_turns(1, 2);
  settle("s", {{.timestamp_us = at(1), .seq = 4}, {.timestamp_us = at(2), .seq = 5}});
  settle("s", {{.timestamp_us = at(1), .seq = 14}, {.timestamp_us = at(2), .seq = 15}});
  EXPECT_EQ(seqs(), (Numbers{4, 5}));
  EXPECT_EQ(load("s")->session.question_count, 5);
}

TEST_P(StoreSettle, LeavesTurnsAloneThatAreNotUnsettled) {
  write(numbered_turns("s", 1, 2));
  settle("s", {{.timestamp_us = at(1), .seq = 8}, {.timestamp_us = at(7), .seq = 9}});
  settle("s", {});
  settle("nobody", {{.timestamp_us = at(1), .seq = 8}});
  EXPECT_EQ(seqs(), (Numbers{1, 2}));
  EXPECT_EQ(load("s")->session.question_count, 2);
  EXPECT_FALSE(load("nobody"));
}

TEST_P(StoreSettle, SettlesVeryManyTurnsAtOnce) {
  constexpr int kTurns = 2'300;
  std::vector<DirectTurn> sent;
  std::vector<SettledTurn> settled;
  for (int number = 1; number <= kTurns; ++number) {
    sent.push_back({turn_of("s", number)});
    settled.push_back({.timestamp_us = at(number), .seq = number + 100, .final_timestamp_us = at(number)});
  }
  append(sent);
  settle("s", settled);
  EXPECT_EQ(load("s")->unsettled_count, 0);
  EXPECT_EQ(
      rig().select("SELECT count(*) FROM chat_messages WHERE seq = (ts - 1) / 1000 - 1795392000000 + 100"),
      std::vector<std::string>{std::to_string(kTurns)});
}

TEST_P(StoreSettle, MovesTurnsToTheirFinalStamps) {
  append_turns(1, 3);
  settle("s", {{.timestamp_us = at(1), .seq = 1, .final_timestamp_us = at(2)},
               {.timestamp_us = at(2), .seq = 2, .final_timestamp_us = at(3)},
               {.timestamp_us = at(3), .seq = 3, .final_timestamp_us = at(4)}});
  auto expected = appended_turns("s", 1, 3);
  for (Turn& turn : expected) turn.timestamp_us += 1'000;
  EXPECT_EQ(turns("s"), expected);
  EXPECT_EQ(load("s")->session.updated_at_us, at(4));
}

TEST_P(StoreSettle, ATurnWhoseFinalStampIsTakenKeepsItsOwn) {
  append_turns(1, 1);
  write(numbered_turns("s", 5, 5));
  settle("s", {{.timestamp_us = at(1), .seq = 6, .final_timestamp_us = turn_of("s", 5).timestamp_us}});
  EXPECT_EQ(turn_ids(turns("s")), (std::vector<std::string>{"s-turn-1", "s-turn-5"}));
  EXPECT_EQ(seqs(), (Numbers{6, 5}));
}

TEST_P(StoreSettle, ATurnThatTheCacheHasTooIsSettledByItsSync) {
  append_turns(1, 2);
  Turn synced = numbered_turn("s", 2);
  synced.seq = 7;
  const WriteOutcome outcome = write({synced, numbered_turn("s", 8)});
  EXPECT_EQ(outcome.inserted, 1);
  EXPECT_EQ(outcome.quarantined, 0);
  EXPECT_EQ(seqs(), (Numbers{1, 7, 8}));
  EXPECT_EQ(turn_ids(load("s", 10)->unsettled), std::vector<std::string>{"s-turn-1"});
}

TEST_P(StoreSettle, ATurnThatTheCacheHasUnderAnotherStampGetsThat) {
  append_turns(1, 1);
  Turn synced = numbered_turn("s", 3);
  synced.turn_id = turn_of("s", 1).turn_id;
  const WriteOutcome outcome = write({synced, numbered_turn("s", 2)});
  EXPECT_EQ(outcome.quarantined, 0);
  EXPECT_EQ(outcome.inserted, 1);
  EXPECT_EQ(seqs(), (Numbers{2, 3}));
  EXPECT_EQ(turns("s").back().timestamp_us, synced.timestamp_us);
  EXPECT_EQ(load("s")->unsettled_count, 0);
  EXPECT_TRUE(dead_letter_codes().empty());
}

TEST_P(StoreSettle, NamesTheSessionsThatHaveUnsettledTurns) {
  for (const char* session_id : {"c", "a", "B", "d"}) append_turns(1, 2, session_id);
  write(numbered_turns("settled", 1, 1));
  EXPECT_EQ(unsettled_sessions(), (std::vector<std::string>{"B", "a", "c", "d"}));
  EXPECT_EQ(unsettled_sessions("a", 1), std::vector<std::string>{"c"});
  EXPECT_TRUE(unsettled_sessions("d").empty());
}

TEST_P(StoreSettle, ErasingASessionSettlesItsTurnsForGood) {
  append_turns(1, 2);
  ok(store().erase("s", 0));
  EXPECT_TRUE(unsettled_sessions().empty());
  settle("s", {{.timestamp_us = at(1), .seq = 1}});
  EXPECT_TRUE(turns("s").empty());
  EXPECT_EQ(load("s")->unsettled_count, 0);
}

TEST_P(StoreSettle, TellsTheSettledCountsOfSessionsThatLive) {
  write(numbered_turns("a", 1, 4));
  write(numbered_turns("b", 1, 2));
  write(numbered_turns("gone", 1, 2));
  append_turns(5, 6, "a");
  ok(store().erase("gone", 2));
  std::vector<std::pair<std::string, std::int64_t>> counts;
  for (const auto& [id, count] : ok(store().counts_of({"b", "nobody", "gone", "a"}))) {
    counts.emplace_back(id, count);
  }
  std::ranges::sort(counts);
  EXPECT_EQ(counts, (std::vector<std::pair<std::string, std::int64_t>>{{"a", 4}, {"b", 2}}));
  EXPECT_TRUE(ok(store().counts_of({})).empty());
}

TEST_P(StoreSettle, RemembersTheLineagesThatWereCompared) {
  constexpr std::uint64_t kGreat = 0xfedc'ba98'7654'3210;
  EXPECT_FALSE(ok(store().knows_lineage(kGreat)));
  ok(store().note_lineage(kGreat));
  ok(store().note_lineage(kGreat));
  rig().restart();
  EXPECT_TRUE(ok(store().knows_lineage(kGreat)));
  EXPECT_FALSE(ok(store().knows_lineage(kGreat - 1)));
}

TEST_P(StoreSettle, AcceptsEveryCacheBeforeAnyWasAdmitted) {
  ASSERT_TRUE(write_of(41, numbered_turns("s", 1, 1)));
  ASSERT_TRUE(write_of(42, numbered_turns("s", 2, 2)));
  EXPECT_EQ(turns("s").size(), 2);
}

TEST_P(StoreSettle, StoresNothingOfACacheThatAnotherOneReplaced) {
  constexpr std::uint64_t kGreat = 0xfedc'ba98'7654'3210;
  EXPECT_TRUE(ok(store().admit_lineage(41, 0)));
  ASSERT_TRUE(write_of(41, numbered_turns("s", 1, 1)));
  EXPECT_TRUE(ok(store().admit_lineage(kGreat, 41)));
  EXPECT_EQ(ok(store().admitted_lineage()), kGreat);
  const auto refused = write_of(41, numbered_turns("s", 2, 3));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
  EXPECT_EQ(refused.error().code, kLineageSuperseded);
  EXPECT_EQ(load("s")->session, session_after("s", 1));
  ASSERT_TRUE(write_of(kGreat, numbered_turns("s", 2, 2)));
  ASSERT_TRUE(write_of(0, numbered_turns("s", 3, 3)));
  EXPECT_EQ(turns("s").size(), 3);
}

TEST_P(StoreSettle, SettlesNothingByACacheThatAnotherOneReplaced) {
  append_turns(1, 1);
  ok(store().admit_lineage(41, 0));
  ok(store().admit_lineage(42, 41));
  const Error error = failure(store().settle("s", {{.timestamp_us = at(1), .seq = 9}}, 41));
  EXPECT_EQ(error.kind, ErrorKind::conflict);
  EXPECT_EQ(error.code, kLineageSuperseded);
  EXPECT_EQ(load("s")->unsettled_count, 1);
  ok(store().settle("s", {{.timestamp_us = at(1), .seq = 9}}, 42));
  EXPECT_EQ(load("s")->unsettled_count, 0);
}

TEST_P(StoreSettle, DoesNotAdmitACacheAgainThatAnotherOneReplaced) {
  EXPECT_TRUE(ok(store().admit_lineage(41, 0)));
  EXPECT_TRUE(ok(store().admit_lineage(41, 41)));
  EXPECT_TRUE(ok(store().admit_lineage(42, 41)));
  rig().restart();
  EXPECT_FALSE(ok(store().admit_lineage(41, 42)));
  EXPECT_TRUE(ok(store().admit_lineage(43, 42)));
  EXPECT_FALSE(ok(store().admit_lineage(42, 43)));
  ASSERT_FALSE(write_of(42, numbered_turns("s", 1, 1)));
}

TEST_P(StoreSettle, DoesNotAdmitACacheInPlaceOfOneThatWasNotSeen) {
  EXPECT_EQ(ok(store().admitted_lineage()), 0U);
  EXPECT_TRUE(ok(store().admit_lineage(43, 0)));
  EXPECT_FALSE(ok(store().admit_lineage(42, 0))) << "42 may be the one that 43 took the place of";
  EXPECT_EQ(ok(store().admitted_lineage()), 43U);
}

INSTANTIATE_TEST_SUITE_P(Contract, StoreSettle, every_store(), store_name);

}  // namespace
}  // namespace chatsync::test
