// TurnStore::write and erase.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "contract/store_contract.hpp"

namespace chatsync::test {
namespace {

class StoreWrite : public StoreContract {};

TEST_P(StoreWrite, InsertsTheTurnsAndTheirSession) {
  const WriteOutcome outcome = write(numbered_turns("s", 1, 3));
  EXPECT_EQ(outcome.inserted, 3);
  EXPECT_EQ(outcome.quarantined, 0);
  EXPECT_EQ(outcome.deleted, 0);
  EXPECT_EQ(turns("s"), numbered_turns("s", 1, 3));
  EXPECT_EQ(load("s")->session, session_after("s", 3));
}

TEST_P(StoreWrite, WritingTheSameBatchAgainChangesNothing) {
  const SharedBatch batch = batch_of(numbered_turns("s", 1, 3));
  write(batch);
  const WriteOutcome outcome = write(batch);
  EXPECT_EQ(outcome.inserted, 0);
  EXPECT_EQ(outcome.quarantined, 0);
  EXPECT_EQ(turns("s"), numbered_turns("s", 1, 3));
  EXPECT_EQ(load("s")->session, session_after("s", 3));
  EXPECT_TRUE(dead_letter_codes().empty());
}

TEST_P(StoreWrite, CountsOnlyTheRowsThatWereNotThere) {
  write(numbered_turns("s", 1, 3));
  EXPECT_EQ(write(numbered_turns("s", 2, 5)).inserted, 2);
  EXPECT_EQ(turns("s"), numbered_turns("s", 1, 5));
}

TEST_P(StoreWrite, AStoredTurnStaysAsItIs) {
  Turn changed = numbered_turn("s", 1);
  changed.answer = "something else";
  write(numbered_turns("s", 1, 1));
  EXPECT_EQ(write({changed}).inserted, 0);
  EXPECT_EQ(turns("s"), numbered_turns("s", 1, 1));
}

TEST_P(StoreWrite, TheSameWordsTwiceAreTwoTurns) {
  Turn again = numbered_turn("s", 2);
  again.question = numbered_turn("s", 1).question;
  again.answer = numbered_turn("s", 1).answer;
  EXPECT_EQ(write({numbered_turn("s", 1), again}).inserted, 2);
  EXPECT_EQ(ok(store().count_turns("s")), 2);
}

TEST_P(StoreWrite, ASessionsCountAndTimesOnlyGrow) {
  write(numbered_turns("s", 7, 9));
  write(numbered_turns("s", 1, 4));
  EXPECT_EQ(load("s")->session, session_after("s", 9));
  write(numbered_turns("s", 10, 11));
  EXPECT_EQ(load("s")->session, session_after("s", 11));
}

TEST_P(StoreWrite, KeepsASessionWithoutTurns) {
  Session session = session_after("s", 0);
  session.title = "Tiêu đề 😀 'quoted' \\ ";
  write_session(session);
  EXPECT_EQ(load("s")->session, session);
  EXPECT_TRUE(turns("s").empty());
}

TEST_P(StoreWrite, QuarantinesATurnWhoseTimestampBelongsToAnother) {
  Turn intruder = numbered_turn("s", 2);
  intruder.timestamp_us = numbered_turn("s", 1).timestamp_us;
  write(numbered_turns("s", 1, 1));
  const WriteOutcome outcome = write({intruder, numbered_turn("s", 3)});
  EXPECT_EQ(outcome.quarantined, 1);
  EXPECT_EQ(outcome.inserted, 1);
  EXPECT_EQ(turns("s"), (std::vector{numbered_turn("s", 1), numbered_turn("s", 3)}));
  EXPECT_EQ(dead_letter_codes(), std::vector<std::string>{"identity_clash"});
}

TEST_P(StoreWrite, QuarantinesATurnWhoseIdBelongsToAnother) {
  Turn intruder = numbered_turn("other", 1);
  intruder.turn_id = numbered_turn("s", 1).turn_id;
  write(numbered_turns("s", 1, 1));
  const WriteOutcome outcome = write({intruder, numbered_turn("other", 2)});
  EXPECT_EQ(outcome.quarantined, 1);
  EXPECT_EQ(outcome.inserted, 1);
  EXPECT_EQ(turns("s"), numbered_turns("s", 1, 1));
  EXPECT_EQ(turns("other"), numbered_turns("other", 2, 2));
  EXPECT_EQ(dead_letter_codes(), std::vector<std::string>{"identity_clash"});
}

TEST_P(StoreWrite, QuarantinesOneOfTwoTurnsOfABatchThatShareAnId) {
  Turn twin = numbered_turn("s", 2);
  twin.turn_id = numbered_turn("s", 1).turn_id;
  const WriteOutcome outcome = write({numbered_turn("s", 1), twin});
  EXPECT_EQ(outcome.inserted, 1);
  EXPECT_EQ(outcome.quarantined, 1);
  EXPECT_EQ(ok(store().count_turns("s")), 1);
  EXPECT_EQ(dead_letter_codes().size(), 1);
}

TEST_P(StoreWrite, AQuarantinedTurnIsKeptWholeAndOnlyOnce) {
  Turn intruder = numbered_turn("s", 2);
  intruder.timestamp_us = numbered_turn("s", 1).timestamp_us;
  intruder.question = "the clashing question";
  write(numbered_turns("s", 1, 1));
  write({intruder});
  write({intruder});
  const std::vector<std::string> payloads =
      rig().select("SELECT payload FROM dead_letters WHERE session_id = 's'");
  ASSERT_EQ(payloads.size(), 1);
  EXPECT_NE(payloads[0].find("the clashing question"), std::string::npos) << payloads[0];
  EXPECT_NE(payloads[0].find(intruder.turn_id), std::string::npos) << payloads[0];
}

TEST_P(StoreWrite, KeepsDeadLettersOnce) {
  const DeadLetter letter{.session_id = "s",
                          .key = "session:s:msg:17",
                          .reason = "no answer in it",
                          .error_code = "missing_field",
                          .payload = R"({"question":"hỏi 😀"})",
                          .first_failed_at_us = kDawn};
  const auto batch =
      std::make_shared<const TurnBatch>(TurnBatch{.sessions = {}, .turns = {}, .dead_letters = {letter}});
  write(batch);
  write(batch);
  EXPECT_EQ(dead_letter_codes(), std::vector<std::string>{"missing_field"});
  EXPECT_EQ(rig().select("SELECT payload FROM dead_letters"), std::vector<std::string>{letter.payload});
  EXPECT_EQ(rig().select("SELECT reason FROM dead_letters"), std::vector<std::string>{letter.reason});
  EXPECT_EQ(rig().select("SELECT message_key FROM dead_letters"), std::vector<std::string>{letter.key});
}

TEST_P(StoreWrite, KeepsTextsByteForByte) {
  std::vector<Turn> expected;
  for (const std::string& text : awkward_texts()) {
    Turn turn = numbered_turn("s", static_cast<int>(expected.size()) + 1);
    turn.question = text;
    turn.answer = text + "!";
    expected.push_back(turn);
  }
  write(expected);
  EXPECT_EQ(turns("s"), expected);
}

TEST_P(StoreWrite, KeepsATurnOfAnotherProgramWithoutASeq) {
  Turn foreign = turn_of("s", 1);
  foreign.model = "";
  foreign.status = TurnStatus::incomplete;
  write({foreign});
  EXPECT_EQ(turns("s"), std::vector{foreign});
}

TEST_P(StoreWrite, KeepsMicrosecondsFromTheFirstToTheFarFuture) {
  std::vector<Turn> expected = numbered_turns("s", 1, 3);
  expected[0].timestamp_us = 1;
  expected[1].timestamp_us = kDawn + 123'457;
  expected[2].timestamp_us = 7'258'118'399'999'999;  // the last microsecond of 2199
  write(expected);
  EXPECT_EQ(turns("s"), expected);
  EXPECT_EQ(load("s")->session.created_at_us, 1);
  EXPECT_EQ(load("s")->session.updated_at_us, 7'258'118'399'999'999);
}

TEST_P(StoreWrite, WritesABatchOfManySessionsAndTurns) {
  std::vector<Turn> turns_of_all;
  for (int s = 0; s < 40; ++s) {
    for (Turn& turn : numbered_turns(fmt::format("session-{}", s), 1, 75)) {
      turn.answer = std::string(800, 'x');
      turns_of_all.push_back(std::move(turn));
    }
  }
  EXPECT_EQ(write(turns_of_all).inserted, turns_of_all.size());
  EXPECT_EQ(write(turns_of_all).inserted, 0);
  EXPECT_EQ(rig().select("SELECT count(*) FROM chat_messages"), std::vector<std::string>{"3000"});
}

TEST_P(StoreWrite, OverlappingBatchesAtTheSameTimeWriteEachTurnOnce) {
  constexpr int kTurns = 200;
  std::vector<AsyncResult<WriteOutcome>> writers;
  for (int writer = 0; writer < 8; ++writer) {
    std::vector<Turn> batch;
    for (int s = 0; s < 4; ++s) {
      std::vector<Turn> some = numbered_turns(fmt::format("s{}", s), 1 + writer * 20, kTurns);
      // Opposite orders, so that locks would cross if a batch were written as it comes.
      if (writer % 2 == 1) std::ranges::reverse(some);
      std::ranges::move(some, std::back_inserter(batch));
    }
    writers.push_back([](TurnStore* into, SharedBatch what) -> AsyncResult<WriteOutcome> {
      while (true) {
        Result<WriteOutcome> outcome = co_await into->write(what);
        if (outcome || outcome.error().kind != ErrorKind::unavailable) co_return outcome;
      }
    }(&store(), batch_of(batch)));
  }
  std::size_t inserted = 0;
  for (const auto& outcome : all(std::move(writers))) {
    ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
    inserted += outcome->inserted;
  }
  EXPECT_EQ(inserted, 4 * kTurns);
  EXPECT_EQ(turns("s2"), numbered_turns("s2", 1, kTurns));
  EXPECT_TRUE(dead_letter_codes().empty());
}

TEST_P(StoreWrite, EverythingIsThereAfterARestart) {
  write(numbered_turns("s", 1, 3));
  ok(store().erase("gone", 0));
  rig().restart();
  EXPECT_EQ(turns("s"), numbered_turns("s", 1, 3));
  EXPECT_EQ(load("s")->session, session_after("s", 3));
  EXPECT_TRUE(load("gone")->deleted);
}

TEST_P(StoreWrite, ErasingDeletesTurnsAndDeadLettersAndLeavesATombstone) {
  Turn intruder = numbered_turn("s", 9);
  intruder.timestamp_us = numbered_turn("s", 1).timestamp_us;
  write(numbered_turns("s", 1, 3));
  write({intruder});
  write(numbered_turns("other", 1, 1));
  EXPECT_EQ(ok(store().erase("s", 0)), 3);
  EXPECT_TRUE(turns("s").empty());
  EXPECT_EQ(ok(store().count_turns("s")), 0);
  EXPECT_TRUE(dead_letter_codes().empty());
  ASSERT_TRUE(load("s").has_value());
  EXPECT_TRUE(load("s")->deleted);
  EXPECT_EQ(turns("other"), numbered_turns("other", 1, 1));
}

TEST_P(StoreWrite, AnErasedSessionDoesNotComeBack) {
  write(numbered_turns("s", 1, 3));
  ok(store().erase("s", 0));
  const SharedBatch late = batch_of([] {
    auto both = numbered_turns("s", 3, 5);
    both.push_back(numbered_turn("other", 1));
    return both;
  }());
  const WriteOutcome outcome = write(late);
  EXPECT_EQ(outcome.deleted, 3);
  EXPECT_EQ(outcome.inserted, 1);
  EXPECT_TRUE(turns("s").empty());
  EXPECT_TRUE(load("s")->deleted);
  EXPECT_TRUE(dead_letter_codes().empty());
}

TEST_P(StoreWrite, ASessionErasedBeforeItWasSeenDoesNotComeEither) {
  EXPECT_EQ(ok(store().erase("s", 0)), 0);
  EXPECT_TRUE(load("s")->deleted);
  EXPECT_EQ(write(numbered_turns("s", 1, 2)).deleted, 2);
  EXPECT_TRUE(turns("s").empty());
}

TEST_P(StoreWrite, ErasingTwiceDeletesNothingTheSecondTime) {
  write(numbered_turns("s", 1, 3));
  ok(store().erase("s", 0));
  EXPECT_EQ(ok(store().erase("s", 0)), 0);
  EXPECT_TRUE(load("s")->deleted);
}

TEST_P(StoreWrite, KeepsWhatElseIsKnownOfATurnAndComputesColumnsOfIt) {
  std::vector<Turn> written = numbered_turns("s", 1, 3);
  written[0].details =
      R"({"latency_ms":12,"finish_reason":"stop","prompt_tokens":3,"completion_tokens":5,"message":{"a":"\"😀\\n"}})";
  written[2].details = "{}";
  write(written);
  EXPECT_EQ(turns("s"), written);
  EXPECT_EQ(load("s", 10)->recent, written);
  const auto column = [&](const std::string& name) {
    return rig().select("SELECT COALESCE(" + name + ", 'none') FROM chat_messages ORDER BY ts");
  };
  using Column = std::vector<std::string>;
  EXPECT_EQ(column("finish_reason"), (Column{"stop", "none", "none"}));
  EXPECT_EQ(column("prompt_tokens"), (Column{"3", "none", "none"}));
  EXPECT_EQ(column("completion_tokens"), (Column{"5", "none", "none"}));
  EXPECT_EQ(column("latency_ms"), (Column{"12", "none", "none"}));
}

INSTANTIATE_TEST_SUITE_P(Contract, StoreWrite, every_store(), store_name);

}  // namespace
}  // namespace chatsync::test
