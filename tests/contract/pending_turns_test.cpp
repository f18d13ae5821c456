// PendingTurns and PendingPass.
#include <fmt/format.h>

#include <set>

#include "contract/cache_contract.hpp"
#include "support/eventually.hpp"

namespace chatsync::test {
namespace {

class PendingTurnsContract : public CacheContract {
 protected:
  /// The part of a batch that carries the turns with these numbers; a pass has no order.
  static SharedBatch part(const TurnBatch& batch, const std::set<std::int64_t>& numbers,
                          const std::string& session_id = "s") {
    TurnBatch result;
    result.sessions = batch.sessions;
    std::ranges::copy_if(batch.turns, std::back_inserter(result.turns), [&](const PendingTurn& pending) {
      return pending.turn.session_id == session_id && numbers.contains(pending.turn.seq.value_or(0));
    });
    return std::make_shared<const TurnBatch>(std::move(result));
  }
};

TEST_P(PendingTurnsContract, APassOverNothingIsEmpty) {
  EXPECT_TRUE(batches_of_pass(PassKind::relief).empty());
  EXPECT_TRUE(batches_of_pass(PassKind::indexed).empty());
  EXPECT_TRUE(batches_of_pass(PassKind::sweep).empty());
}

TEST_P(PendingTurnsContract, APassVisitsEveryTurnOfEverySession) {
  std::vector<Turn> expected;
  for (int s = 10; s < 40; ++s) {
    const std::string session_id = fmt::format("session-{}", s);
    // Sessions of very different sizes, some larger than a batch.
    const int turns = s == 20 ? 350 : s - 9;
    std::vector<AsyncResult<RecordOutcome>> recorders;
    for (int number = 1; number <= turns; ++number) {
      recorders.push_back(record_turn(cache(), turn_of(session_id, number), SessionPresence::known_new));
    }
    for (const auto& outcome : all(std::move(recorders))) ASSERT_TRUE(outcome.has_value());
    std::ranges::move(numbered_turns(session_id, 1, turns), std::back_inserter(expected));
  }
  EXPECT_EQ(ok(pending_turns().count_pending()), expected.size());
  EXPECT_EQ(turn_ids(claimed_turns(PassKind::relief)), turn_ids(expected));
  EXPECT_EQ(turn_ids(claimed_turns(PassKind::indexed)), turn_ids(expected));
  EXPECT_EQ(turn_ids(claimed_turns(PassKind::sweep)), turn_ids(expected));
}

TEST_P(PendingTurnsContract, ABatchHoldsAboutAsManyTurnsAsAskedFor) {
  for (int s = 0; s < 5; ++s) record_turns(fmt::format("s{}", s), 1, 20);
  for (const TurnBatch& batch : batches_of_pass(PassKind::indexed, 10)) {
    EXPECT_LE(batch.turns.size(), 20U);
  }
}

TEST_P(PendingTurnsContract, ABatchNeverHoldsATurnTwice) {
  for (int s = 0; s < 5; ++s) record_turns(fmt::format("s{}", s), 1, 7);
  for (const TurnBatch& batch : batches_of_pass(PassKind::sweep, 10)) {
    std::set<std::pair<std::string, std::int64_t>> seen;
    for (const PendingTurn& pending : batch.turns) {
      EXPECT_TRUE(seen.emplace(pending.turn.session_id, pending.turn.timestamp_us).second);
    }
  }
}

TEST_P(PendingTurnsContract, ABatchHoldsTheSessionOfEveryTurnOnce) {
  for (int s = 0; s < 5; ++s) record_turns(fmt::format("s{}", s), 1, 7);
  for (const TurnBatch& batch : batches_of_pass(PassKind::indexed, 3)) {
    std::set<std::string> of_turns;
    for (const PendingTurn& pending : batch.turns) of_turns.insert(pending.turn.session_id);
    std::multiset<std::string> listed;
    for (const Session& session : batch.sessions) listed.insert(session.session_id);
    for (const std::string& session_id : of_turns) EXPECT_EQ(listed.count(session_id), 1);
    EXPECT_EQ(listed.size(), std::set<std::string>(listed.begin(), listed.end()).size());
  }
}

TEST_P(PendingTurnsContract, TheSessionOfABatchIsTheSessionAsItIs) {
  record_turns("s", 1, 3);
  EXPECT_EQ(claim()->sessions, std::vector{session_after("s", 3)});
}

TEST_P(PendingTurnsContract, AnAbandonedPassTakesNothingAway) {
  record_turns("s", 1, 5);
  ok(pending_turns().begin_pass(PassKind::indexed)->next(2));
  EXPECT_EQ(claimed_turns(PassKind::indexed), numbered_turns("s", 1, 5));
}

TEST_P(PendingTurnsContract, TwoPassesMayWalkAtTheSameTime) {
  record_turns("a", 1, 5);
  record_turns("b", 1, 5);
  const auto one = pending_turns().begin_pass(PassKind::indexed);
  const auto other = pending_turns().begin_pass(PassKind::indexed);
  std::set<std::string> seen_by_one;
  std::set<std::string> seen_by_other;
  while (true) {
    const TurnBatch batch = ok(one->next(3));
    const TurnBatch same = ok(other->next(3));
    for (const auto& pending : batch.turns) seen_by_one.insert(pending.turn.turn_id);
    for (const auto& pending : same.turns) seen_by_other.insert(pending.turn.turn_id);
    if (batch.empty() && same.empty()) break;
  }
  EXPECT_EQ(seen_by_one.size(), 10);
  EXPECT_EQ(seen_by_other.size(), 10);
}

TEST_P(PendingTurnsContract, APassSurvivesAcknowledgementsOnItsWay) {
  for (int s = 0; s < 6; ++s) record_turns(fmt::format("s{}", s), 1, 10);
  const auto pass = pending_turns().begin_pass(PassKind::indexed);
  std::set<std::string> seen;
  while (true) {
    const auto batch = std::make_shared<const TurnBatch>(ok(pass->next(7)));
    if (batch->empty()) break;
    for (const auto& pending : batch->turns) seen.insert(pending.turn.turn_id);
    acknowledge(batch);
  }
  EXPECT_EQ(seen.size(), 60);
  EXPECT_EQ(ok(pending_turns().count_pending()), 0);
}

TEST_P(PendingTurnsContract, TurnsAcceptedDuringAPassAreThereForTheNext) {
  record_turns("a", 1, 3);
  record_turns("b", 1, 3);
  const auto pass = pending_turns().begin_pass(PassKind::indexed);
  const auto first = std::make_shared<const TurnBatch>(ok(pass->next(2)));
  record_turns("a", 4, 5);
  record_turns("c", 1, 1);
  acknowledge(first);
  while (true) {
    const auto batch = std::make_shared<const TurnBatch>(ok(pass->next(2)));
    if (batch->empty()) break;
    acknowledge(batch);
  }
  sync_everything();
  EXPECT_EQ(ok(pending_turns().count_pending()), 0);
  EXPECT_EQ(ok(cache().find("a"))->session.question_count, 5);
}

TEST_P(PendingTurnsContract, AcknowledgingTakesTurnsOutOfPendingAndKeepsTheRest) {
  record_turns("s", 1, 12);
  EXPECT_EQ(acknowledge(claim()), 12);
  EXPECT_TRUE(pending_of("s").empty());
  EXPECT_EQ(ok(pending_turns().count_pending()), 0);
  EXPECT_TRUE(claim(PassKind::sweep)->empty());
  const auto cached = ok(cache().find("s"));
  EXPECT_EQ(cached->session, session_after("s", 12));
  EXPECT_EQ(cached->pending, 0);
  EXPECT_EQ(ok(cache().history("s")), numbered_turns("s", 3, 12));
}

TEST_P(PendingTurnsContract, AcknowledgingTwiceRemovesNothingTheSecondTime) {
  record_turns("s", 1, 3);
  const SharedBatch batch = claim();
  EXPECT_EQ(acknowledge(batch), 3);
  EXPECT_EQ(acknowledge(batch), 0);
}

TEST_P(PendingTurnsContract, CountsOnlyWhatAnotherInstanceHasNotAcknowledged) {
  record_turns("s", 1, 5);
  const SharedBatch batch = claim();
  EXPECT_EQ(acknowledge(part(*batch, {1, 2})), 2);
  EXPECT_EQ(acknowledge(batch), 3);
}

TEST_P(PendingTurnsContract, AcknowledgingSomeLeavesTheOthersPendingAndDirty) {
  record_turns("s", 1, 5);
  acknowledge(part(*claim(), {2, 3}));
  EXPECT_EQ(turn_ids(pending_of("s")), (std::vector<std::string>{"s-turn-1", "s-turn-4", "s-turn-5"}));
  EXPECT_EQ(turn_ids(claimed_turns(PassKind::indexed)),
            (std::vector<std::string>{"s-turn-1", "s-turn-4", "s-turn-5"}));
}

TEST_P(PendingTurnsContract, ATurnAcceptedAfterTheClaimStaysPendingAndDirty) {
  record_turns("s", 1, 2);
  const SharedBatch batch = claim();
  record_turns("s", 3, 3);
  EXPECT_EQ(acknowledge(batch), 2);
  EXPECT_EQ(pending_of("s"), numbered_turns("s", 3, 3));
  EXPECT_EQ(claimed_turns(PassKind::indexed), numbered_turns("s", 3, 3));
}

TEST_P(PendingTurnsContract, ASyncedSessionThatGetsATurnIsPendingAgain) {
  record_turns("s", 1, 2);
  sync_everything();
  record_turns("s", 3, 3);
  EXPECT_EQ(claimed_turns(PassKind::indexed), numbered_turns("s", 3, 3));
}

TEST_P(PendingTurnsContract, AnAcknowledgedSessionIsNotCarriedAgain) {
  ok(cache().create({.session_id = "s", .user_id = "ann", .created_at_us = kDawn, .updated_at_us = kDawn}));
  EXPECT_EQ(acknowledge(claim()), 0);
  EXPECT_TRUE(claim(PassKind::sweep)->empty());
}

TEST_P(PendingTurnsContract, ASessionThatChangedSinceTheClaimIsCarriedAgain) {
  Session session{
      .session_id = "s", .user_id = "ann", .title = "Old", .created_at_us = kDawn, .updated_at_us = kDawn};
  ok(cache().create(session));
  const SharedBatch batch = claim();
  rig().lose_everything();
  session.title = "Made anew";
  session.created_at_us = session.updated_at_us = kDawn + 1;
  ok(cache().create(session));
  acknowledge(batch);
  EXPECT_EQ(claim(PassKind::indexed)->sessions, std::vector{session});
}

TEST_P(PendingTurnsContract, DeadLettersAreTakenOutOfPending) {
  record_turns("s", 1, 2);
  const SharedBatch batch = claim();
  TurnBatch dead;
  dead.sessions = batch->sessions;
  dead.turns.push_back(batch->turns[0]);
  dead.dead_letters.push_back({.session_id = "s",
                               .key = batch->turns[1].key,
                               .reason = "the store refuses it",
                               .error_code = "rejected",
                               .payload = "{}",
                               .first_failed_at_us = kDawn});
  EXPECT_EQ(acknowledge(std::make_shared<const TurnBatch>(std::move(dead))), 2);
  EXPECT_TRUE(pending_of("s").empty());
  EXPECT_TRUE(claim(PassKind::sweep)->empty());
}

TEST_P(PendingTurnsContract, AcknowledgingAnErasedSessionBringsNothingBack) {
  record_turns("s", 1, 3);
  const SharedBatch batch = claim();
  ok(cache().erase("s"));
  EXPECT_EQ(acknowledge(batch), 0);
  EXPECT_FALSE(ok(cache().find("s")).has_value());
  EXPECT_TRUE(ok(cache().unsynced_sessions_of("ann")).empty());
}

TEST_P(PendingTurnsContract, AcknowledgementsSurviveARestart) {
  record_turns("s", 1, 5);
  acknowledge(part(*claim(), {1, 2, 3}));
  rig().restart();
  EXPECT_EQ(pending_of("s"), numbered_turns("s", 4, 5));
  EXPECT_EQ(claimed_turns(PassKind::indexed), numbered_turns("s", 4, 5));
}

TEST_P(PendingTurnsContract, ASyncedSessionExpiresAndOneWithPendingTurnsDoesNot) {
  use_session_ttl(std::chrono::seconds(1));
  record_turns("pending", 1, 2);
  acknowledge(part(*claim(), {1}, "pending"));
  record_turns("synced", 1, 2);
  acknowledge(part(*claim(), {1, 2}, "synced"));
  EXPECT_TRUE(ok(cache().find("synced")).has_value());
  EXPECT_TRUE(eventually([&] { return !ok(cache().find("synced")).has_value(); }));
  EXPECT_TRUE(ok(cache().history("synced")).empty());
  EXPECT_EQ(ok(cache().find("pending"))->session, session_after("pending", 2));
  EXPECT_EQ(pending_of("pending"), numbered_turns("pending", 2, 2));
}

TEST_P(PendingTurnsContract, ANewTurnKeepsASyncedSessionFromExpiring) {
  use_session_ttl(std::chrono::seconds(1));
  for (const char* session_id : {"again", "synced"}) record_turns(session_id, 1, 2);
  sync_everything();
  record_turns("again", 3, 3);
  EXPECT_TRUE(eventually([&] { return !ok(cache().find("synced")).has_value(); }));
  EXPECT_EQ(ok(cache().find("again"))->session, session_after("again", 3));
  EXPECT_EQ(ok(cache().history("again")), numbered_turns("again", 1, 3));
}

INSTANTIATE_TEST_SUITE_P(Contract, PendingTurnsContract, every_cache(), cache_name);

}  // namespace
}  // namespace chatsync::test
