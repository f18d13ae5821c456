// TurnStore::erase, and what becomes of what arrives afterwards.
#include "chat/turn_json.hpp"
#include "contract/store_contract.hpp"

namespace chatsync::test {
namespace {

class StoreErase : public StoreContract {
 protected:
  std::int64_t count_of(const std::string& session_id) { return load(session_id)->session.question_count; }
  static DeadLetter letter_of(const std::string& session_id, const std::string& payload) {
    return {.session_id = session_id,
            .key = "session:" + session_id + ":msg:17",
            .reason = "no answer",
            .error_code = "missing_field",
            .payload = payload,
            .first_failed_at_us = kDawn};
  }
};

TEST_P(StoreErase, TheTombstoneKeepsUserAndCount) {
  Session session = session_after("s", 3);
  session.title = "secret";
  write_session(session);
  write(numbered_turns("s", 1, 3));
  ok(store().erase("s", 0));
  const auto stored = load("s");
  EXPECT_TRUE(stored->deleted);
  EXPECT_EQ(stored->session.user_id, "ann");
  EXPECT_EQ(stored->session.title, "");
  EXPECT_EQ(stored->session.question_count, 3);
}

TEST_P(StoreErase, TheTombstoneCountsWhatWasAcceptedElsewhere) {
  write(numbered_turns("s", 1, 3));
  ok(store().erase("s", 8));
  EXPECT_EQ(count_of("s"), 8);
  ok(store().erase("unseen", 2));
  EXPECT_EQ(count_of("unseen"), 2);
}

TEST_P(StoreErase, TheTombstoneCountsUnsettledTurnsAndNoneTwice) {
  write(numbered_turns("s", 1, 3));
  append({{turn_of("s", 4)}, {turn_of("s", 5)}});
  EXPECT_EQ(ok(store().erase("s", 3)), 5);
  EXPECT_EQ(count_of("s"), 5);
  ok(store().erase("s", 3));
  EXPECT_EQ(count_of("s"), 5);
}

TEST_P(StoreErase, TheTombstoneCountsTurnsAndDeadLettersThatComeLater) {
  write(numbered_turns("s", 1, 3));
  ok(store().erase("s", 3));
  EXPECT_EQ(write(numbered_turns("s", 4, 5)).deleted, 2);
  EXPECT_EQ(count_of("s"), 5);
  EXPECT_EQ(write_letters({letter_of("s", history_entry(numbered_turn("s", 6)))}).deleted, 1);
  EXPECT_EQ(count_of("s"), 6);
}

TEST_P(StoreErase, DeadLettersOfAnErasedSessionAreLeftOut) {
  write(numbered_turns("s", 1, 1));
  ok(store().erase("s", 1));
  ok(store().erase("unseen", 1));
  const WriteOutcome outcome = write_letters(
      {letter_of("s", "{}"), letter_of("unseen", "{}"), letter_of("other", "{}")}, {session_after("s", 1)});
  EXPECT_EQ(outcome.deleted, 2);
  EXPECT_EQ(rig().select("SELECT session_id FROM dead_letters"), std::vector<std::string>{"other"});
}

TEST_P(StoreErase, AHugeSessionIsErasedWhole) {
  constexpr int kTurns = 21'000;
  write(numbered_turns("s", 1, kTurns));
  write(numbered_turns("other", 1, 3));
  EXPECT_EQ(ok(store().erase("s", 0)), kTurns);
  EXPECT_EQ(rig().select("SELECT count(*) FROM chat_messages"), std::vector<std::string>{"3"});
}

TEST_P(StoreErase, AnErasureThatBrokeOffIsCompletedByAnother) {
  write(numbered_turns("s", 1, 3));
  rig().execute("UPDATE chat_sessions SET title = '', deleted_at = created_at WHERE session_id = 's'");
  EXPECT_EQ(ok(store().erase("s", 0)), 3);
  EXPECT_TRUE(turns("s").empty());
}

INSTANTIATE_TEST_SUITE_P(Contract, StoreErase, every_store(), store_name);

}  // namespace
}  // namespace chatsync::test
