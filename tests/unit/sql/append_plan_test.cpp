#include "sql/append_plan.hpp"

#include <gtest/gtest.h>

#include "sql/audit_numbers.hpp"
#include "support/run_coroutine.hpp"

namespace chatsync::sql {
namespace {

DirectTurn direct(const std::string& session_id, std::int64_t timestamp_us, const std::string& turn_id,
                  bool known_new = false) {
  return {
      .turn = {.session_id = session_id, .turn_id = turn_id, .timestamp_us = timestamp_us, .user_id = "ann"},
      .known_new = known_new};
}

TEST(PlanAppend, CountsSettledUnsettledAndEarlierTurnsOfTheCall) {
  const std::vector turns{direct("s", 101, "a"), direct("t", 101, "b"), direct("s", 201, "c")};
  const auto plan = plan_append(
      turns, {{"s", {.question_count = 7, .unsettled = 2, .last_timestamp_us = 50}}, {"t", {}}}, {});
  EXPECT_EQ(plan.outcomes[0]->question_count, 10);
  EXPECT_EQ(plan.outcomes[1]->question_count, 1);
  EXPECT_EQ(plan.outcomes[2]->question_count, 11);
  EXPECT_TRUE(plan.later_activity.empty());
}

TEST(PlanAppend, StampsTurnsOneAfterTheOtherWhateverTheClockSays) {
  const std::vector turns{direct("s", 100, "a"), direct("s", 90, "b"), direct("s", 101, "c")};
  const auto plan = plan_append(turns, {{"s", {.last_timestamp_us = 100}}}, {});
  EXPECT_EQ(plan.outcomes[0]->timestamp_us, 101);
  EXPECT_EQ(plan.outcomes[1]->timestamp_us, 103);
  EXPECT_EQ(plan.outcomes[2]->timestamp_us, 105);
  EXPECT_EQ(plan.later_activity.at("s"), 105);
}

TEST(PlanAppend, OrdersItsRowsByTheirPrimaryKeys) {
  const std::vector turns{direct("b", 2, "1"), direct("a", 9, "2"), direct("b", 1, "3"), direct("B", 5, "4")};
  const auto plan = plan_append(turns, {}, {});
  std::string order;
  for (const auto& row : plan.rows) order += row.turn.turn.turn_id;
  EXPECT_EQ(order, "4213");
  EXPECT_EQ(plan.rows[3].turn.turn.seq, 2);
}

TEST(PlanAppend, LeavesOutWhatIsErasedAndWhatIsStored) {
  const std::vector turns{direct("gone", 1, "a"), direct("s", 1, "b"), direct("s", 1, "c")};
  const AppendOutcome before{.question_count = 4, .timestamp_us = 77, .provisional = true};
  const auto plan =
      plan_append(turns, {{"gone", {.deleted = true}}, {"s", {.question_count = 3, .unsettled = 1}}},
                  {{"b", {.session_id = "s", .outcome = before}}});
  EXPECT_EQ(plan.outcomes[0].error().kind, ErrorKind::gone);
  EXPECT_EQ(plan.outcomes[1]->timestamp_us, 77);
  EXPECT_EQ(plan.outcomes[2]->question_count, 5);
  ASSERT_EQ(plan.rows.size(), 1);
  EXPECT_EQ(plan.rows[0].turn.turn.turn_id, "c");
}

TEST(SessionsOfTurns, AreOneEachByIdWithTheTimesOfTheirTurns) {
  const std::vector turns{direct("b", 5, "1"), direct("a", 7, "2"), direct("b", 9, "3"), direct("b", 2, "4")};
  const auto sessions = sessions_of_turns(turns);
  ASSERT_EQ(sessions.size(), 2);
  EXPECT_EQ(sessions[0], (Session{"a", "ann", "", 0, 7, 7}));
  EXPECT_EQ(sessions[1], (Session{"b", "ann", "", 0, 2, 9}));
}

/// Appends of turns that are numbers; some of them are refused, and from some on the store is away.
struct Ranges {
  std::vector<std::size_t> refused;
  std::size_t away_from = 1'000;
  std::vector<std::size_t> taken;

  AsyncResult<AppendOutcomes> append(std::size_t begin, std::size_t end) {
    if (begin >= away_from) co_return fail(ErrorKind::unavailable, "away");
    for (const std::size_t turn : refused) {
      if (turn >= begin && turn < end) co_return fail(ErrorKind::rejected, "refused");
    }
    AppendOutcomes outcomes;
    for (std::size_t turn = begin; turn < end; ++turn) {
      taken.push_back(turn);
      outcomes.push_back(AppendOutcome{.question_count = static_cast<std::int64_t>(turn)});
    }
    co_return outcomes;
  }
  Result<AppendOutcomes> run(std::size_t turns) {
    boost::asio::io_context io;
    return test::run_coroutine(
        io, append_all_but_rejected([this](std::size_t begin, std::size_t end) { return append(begin, end); },
                                    0, turns));
  }
};

TEST(AppendAllButRejected, LetsOnlyTheTurnsAtFaultFail) {
  Ranges ranges{.refused = {2, 7}, .taken = {}};
  const auto outcomes = ranges.run(9);
  ASSERT_TRUE(outcomes);
  ASSERT_EQ(outcomes->size(), 9);
  for (std::size_t turn = 0; turn < 9; ++turn) {
    const bool refused = turn == 2 || turn == 7;
    EXPECT_EQ((*outcomes)[turn].has_value(), !refused);
    if (!refused) EXPECT_EQ((*outcomes)[turn]->question_count, turn);
  }
  EXPECT_EQ(ranges.taken, (std::vector<std::size_t>{0, 1, 3, 4, 5, 6, 8}));
}

TEST(AppendAllButRejected, ReportsAnOutageAsItIs) {
  Ranges ranges{.refused = {}, .away_from = 0, .taken = {}};
  EXPECT_EQ(ranges.run(4).error().kind, ErrorKind::unavailable);
}

TEST(AppendAllButRejected, LeavesTheOutcomeOpenWhenTheStoreGoesAwayBetweenTheHalves) {
  Ranges ranges{.refused = {1}, .away_from = 2, .taken = {}};
  EXPECT_EQ(ranges.run(4).error().kind, ErrorKind::outcome_unknown);
}

TEST(LowestMissing, NamesTheGapsUpToTheCount) {
  using Numbers = std::vector<std::int64_t>;
  EXPECT_EQ(lowest_missing({5, 2, 2, 9}, 7, 100), (Numbers{1, 3, 4, 6, 7}));
  EXPECT_EQ(lowest_missing({5, 2}, 7, 2), (Numbers{1, 3}));
  EXPECT_EQ(lowest_missing({1, 2, 3}, 3, 100), Numbers{});
  EXPECT_EQ(lowest_missing({}, 0, 100), Numbers{});
  EXPECT_EQ(lowest_missing({}, 2, 100), (Numbers{1, 2}));
}

}  // namespace
}  // namespace chatsync::sql
