// Dead letters: what they do to a session's count, and what an operator can do with them.
#include "chat/turn_json.hpp"
#include "contract/store_contract.hpp"

namespace chatsync::test {
namespace {

using Fate = ReplayOutcome::Fate;

class StoreLetters : public StoreContract {
 protected:
  static DeadLetter letter(const std::string& session_id, const std::string& payload,
                           const std::string& key = "session:s:msg:1795392000001000") {
    return {.session_id = session_id,
            .key = key,
            .reason = "the store refuses it",
            .error_code = "mysql_1406",
            .payload = payload,
            .first_failed_at_us = kDawn + 5};
  }
  static DeadLetter letter_of(const Turn& turn) {
    return letter(turn.session_id, history_entry(turn), "session:s:msg:" + std::to_string(turn.timestamp_us));
  }
  std::vector<StoredLetter> list(LetterPage page = {}) { return ok(store().list(std::move(page))); }
  std::int64_t only_id() {
    const auto letters = list();
    if (letters.size() != 1) throw std::runtime_error("there is not one letter");
    return letters.front().id;
  }
  ReplayOutcome replay(std::int64_t id) { return ok(store().replay(id)); }
  std::int64_t count_of(const std::string& session_id) { return load(session_id)->session.question_count; }

  /// A letter of a turn that clashes with a stored one: the test's session has turns 1 to 3.
  std::int64_t clash(const Turn& turn) {
    write(numbered_turns("s", 1, 3));
    EXPECT_EQ(write({turn}).quarantined, 1);
    return only_id();
  }
};

TEST_P(StoreLetters, ATurnThatBecameADeadLetterKeepsItsNumber) {
  write(numbered_turns("s", 1, 3));
  write_letters({letter_of(numbered_turn("s", 4))});
  EXPECT_EQ(count_of("s"), 4);
  EXPECT_EQ(append(turn_of("s", 5)).question_count, 5);
}

TEST_P(StoreLetters, ASessionOfADeadLetterAloneIsMadeWithItsCount) {
  write_letters({letter_of(numbered_turn("s", 1))}, {session_after("s", 1)});
  EXPECT_EQ(count_of("s"), 1);
  write_letters({letter("t", "unreadable")}, {session_after("t", 6)});
  EXPECT_EQ(count_of("t"), 6);
}

TEST_P(StoreLetters, AClashingTurnKeepsItsNumber) {
  Turn intruder = numbered_turn("s", 4);
  intruder.timestamp_us = numbered_turn("s", 3).timestamp_us;
  clash(intruder);
  EXPECT_EQ(count_of("s"), 4);
}

TEST_P(StoreLetters, AMessageOfAnotherProgramKeepsItsNumber) {
  write(numbered_turns("s", 1, 1));
  write_letters({letter("s", R"({"key":"session:s:msg:9","fields":{"seq":"2","question":"?"}})")});
  EXPECT_EQ(count_of("s"), 2);
}

TEST_P(StoreLetters, AreListedInTheOrderOfTheirComing) {
  for (int number = 1; number <= 3; ++number) write_letters({letter_of(numbered_turn("s", number))});
  write_letters({letter_of(numbered_turn("t", 1))});
  const auto letters = list();
  ASSERT_EQ(letters.size(), 4);
  EXPECT_EQ(letters[0].letter.session_id, "s");
  EXPECT_EQ(letters[0].letter.reason, "the store refuses it");
  EXPECT_EQ(letters[0].letter.error_code, "mysql_1406");
  EXPECT_EQ(letters[0].letter.key, "session:s:msg:1795392000001000");
  EXPECT_EQ(letters[0].letter.first_failed_at_us, kDawn + 5);
  EXPECT_EQ(letters[0].letter.payload, "");
  EXPECT_EQ(letters[0].payload_bytes, history_entry(numbered_turn("s", 1)).size());
  EXPECT_EQ(letters[0].seq, 1);
  EXPECT_FALSE(letters[0].discarded_at_us);
  const auto page = list({.limit = 2, .after_id = letters[1].id});
  ASSERT_EQ(page.size(), 2);
  EXPECT_EQ(page[0].id, letters[2].id);
  EXPECT_EQ(list({.session_id = "t"}).size(), 1);
  EXPECT_TRUE(list({.session_id = "nobody"}).empty());
}

TEST_P(StoreLetters, AreFoundWithTheirWholePayload) {
  const std::string payload = R"({"question":"hỏi 😀 'quoted'"})";
  write_letters({letter("s", payload)});
  EXPECT_EQ(ok(store().find(only_id()))->letter.payload, payload);
  EXPECT_FALSE(ok(store().find(only_id() + 1)));
}

TEST_P(StoreLetters, ADiscardedOneLosesItsPayloadAndKeepsItsNumber) {
  write_letters({letter_of(numbered_turn("s", 4)), letter("s", "another")});
  const std::int64_t id = list().front().id;
  ok(store().discard(id));
  ok(store().discard(id));
  ASSERT_EQ(list().size(), 1);
  const auto all_letters = list({.discarded_too = true});
  ASSERT_EQ(all_letters.size(), 2);
  EXPECT_TRUE(all_letters[0].discarded_at_us);
  EXPECT_EQ(all_letters[0].seq, 4);
  EXPECT_EQ(all_letters[0].payload_bytes, 0);
  EXPECT_EQ(ok(store().find(id))->letter.payload, "");
  EXPECT_TRUE(rig().select("SELECT id FROM dead_letters WHERE payload LIKE '%question 4%'").empty());
}

TEST_P(StoreLetters, TwoOfOneMessageCanBothBeDiscarded) {
  write_letters({letter("s", "one"), letter("s", "two")});
  for (const StoredLetter& stored : list()) ok(store().discard(stored.id));
  EXPECT_TRUE(list().empty());
  EXPECT_EQ(list({.discarded_too = true}).size(), 2);
}

TEST_P(StoreLetters, ADiscardedOneThatIsDeliveredAgainStaysDiscarded) {
  write_letters({letter_of(numbered_turn("s", 4))});
  ok(store().discard(only_id()));
  write_letters({letter_of(numbered_turn("s", 4))});
  EXPECT_TRUE(list().empty());
  EXPECT_EQ(list({.discarded_too = true}).size(), 1);
}

TEST_P(StoreLetters, OneThatIsNotThereCannotBeDiscardedNorReplayed) {
  const auto discarded = await(store().discard(7));
  const auto replayed = await(store().replay(7));
  ASSERT_FALSE(discarded || replayed);
  EXPECT_EQ(discarded.error().kind, ErrorKind::not_found);
  EXPECT_EQ(replayed.error().code, "dead_letter_not_found");
}

TEST_P(StoreLetters, AReplayedOneIsATurnAndNoLetter) {
  write(numbered_turns("s", 1, 3));
  write_letters({letter_of(numbered_turn("s", 4))});
  const ReplayOutcome outcome = replay(only_id());
  EXPECT_EQ(outcome.fate, Fate::stored);
  EXPECT_EQ(outcome.reason, "");
  EXPECT_EQ(outcome.turn, numbered_turn("s", 4));
  EXPECT_EQ(turns("s"), numbered_turns("s", 1, 4));
  EXPECT_EQ(load("s")->session, session_after("s", 4));
  EXPECT_TRUE(list({.discarded_too = true}).empty());
}

TEST_P(StoreLetters, AReplayMakesTheSession) {
  write_letters({letter_of(numbered_turn("s", 1))});
  EXPECT_FALSE(load("s"));
  EXPECT_EQ(replay(only_id()).fate, Fate::stored);
  EXPECT_EQ(load("s")->session, session_after("s", 1));
}

TEST_P(StoreLetters, ATurnThatIsStoredAlreadyIsNotReplayedTwice) {
  write(numbered_turns("s", 1, 3));
  write_letters({letter_of(numbered_turn("s", 3))});
  EXPECT_EQ(replay(only_id()).fate, Fate::stored_before);
  EXPECT_EQ(turns("s"), numbered_turns("s", 1, 3));
  EXPECT_TRUE(list().empty());
}

TEST_P(StoreLetters, ATurnWhoseStampIsTakenIsReplayedAtTheNextFreeOne) {
  Turn intruder = numbered_turn("s", 4);
  intruder.timestamp_us = numbered_turn("s", 2).timestamp_us;
  Turn neighbour = numbered_turn("s", 5);
  neighbour.timestamp_us = intruder.timestamp_us + 1;
  write({neighbour});
  const ReplayOutcome outcome = replay(clash(intruder));
  EXPECT_EQ(outcome.fate, Fate::stored);
  EXPECT_NE(outcome.reason, "");
  intruder.timestamp_us += 3;
  EXPECT_EQ(outcome.turn, intruder);
  EXPECT_EQ(turns("s", {.limit = 1, .after_us = neighbour.timestamp_us}), std::vector{intruder});
  EXPECT_TRUE(list().empty());
}

TEST_P(StoreLetters, ATurnWhoseIdIsTakenIsReplayedUnderAnother) {
  Turn intruder = numbered_turn("s", 4);
  intruder.turn_id = numbered_turn("s", 2).turn_id;
  const ReplayOutcome outcome = replay(clash(intruder));
  EXPECT_EQ(outcome.fate, Fate::stored);
  EXPECT_NE(outcome.turn.turn_id, intruder.turn_id);
  EXPECT_EQ(outcome.turn.seq, 4);
  EXPECT_EQ(turns("s").size(), 4);
  // The letter is delivered once more: its turn is known by the id that it got.
  EXPECT_EQ(write({intruder}).quarantined, 1);
  EXPECT_EQ(replay(only_id()).fate, Fate::stored_before);
  EXPECT_EQ(turns("s").size(), 4);
}

TEST_P(StoreLetters, ATurnWhoseNumberIsTakenIsReplayedWithoutOne) {
  Turn intruder = numbered_turn("s", 3);
  intruder.turn_id = "intruder";
  const ReplayOutcome outcome = replay(clash(intruder));
  EXPECT_EQ(outcome.fate, Fate::stored);
  EXPECT_FALSE(outcome.turn.seq);
  EXPECT_EQ(count_of("s"), 4);
}

TEST_P(StoreLetters, AMessageOfAnotherProgramIsReplayed) {
  write_letters({letter(
      "s", R"({"key":"session:s:msg:1795392000001000","fields":{"question":"hỏi","answer":"đáp"}})")});
  const ReplayOutcome outcome = replay(only_id());
  EXPECT_EQ(outcome.fate, Fate::stored);
  const auto stored = turns("s");
  ASSERT_EQ(stored.size(), 1);
  EXPECT_EQ(stored[0].question, "hỏi");
  EXPECT_EQ(stored[0].answer, "đáp");
  EXPECT_EQ(stored[0].user_id, "1");
  EXPECT_EQ(stored[0].timestamp_us, 1'795'392'000'001'000);
  EXPECT_EQ(count_of("s"), 1);
}

TEST_P(StoreLetters, WhatHoldsNoWholeTurnStaysALetter) {
  write_letters({letter("s", R"({"key":"session:s:msg:1795392000001000","fields":{"question":"hỏi"}})")});
  const ReplayOutcome outcome = replay(only_id());
  EXPECT_EQ(outcome.fate, Fate::kept);
  EXPECT_NE(outcome.reason.find("answer"), std::string::npos) << outcome.reason;
  EXPECT_EQ(list().size(), 1);
  EXPECT_TRUE(turns("s").empty());
}

TEST_P(StoreLetters, ADiscardedOneCannotBeReplayed) {
  write_letters({letter_of(numbered_turn("s", 1))});
  const std::int64_t id = only_id();
  ok(store().discard(id));
  EXPECT_EQ(replay(id).fate, Fate::kept);
  EXPECT_TRUE(turns("s").empty());
}

TEST_P(StoreLetters, OfAnErasedSessionCannotBeReplayed) {
  write_letters({letter_of(numbered_turn("s", 1))});
  const std::int64_t id = only_id();
  write(numbered_turns("s", 2, 2));
  rig().execute("UPDATE chat_sessions SET deleted_at = created_at");
  const ReplayOutcome outcome = replay(id);
  EXPECT_EQ(outcome.fate, Fate::kept);
  EXPECT_NE(outcome.reason.find("erased"), std::string::npos) << outcome.reason;
}

TEST_P(StoreLetters, TwoOperatorsReplayALetterOnce) {
  write(numbered_turns("s", 1, 3));
  write_letters({letter_of(numbered_turn("s", 4))});
  const std::int64_t id = only_id();
  const auto other = rig().another_store();
  std::vector<AsyncResult<ReplayOutcome>> replays;
  replays.push_back(store().replay(id));
  replays.push_back(other->replay(id));
  int stored = 0;
  for (const auto& outcome : all(std::move(replays))) {
    if (outcome && outcome->fate == Fate::stored) ++stored;
    if (!outcome) EXPECT_EQ(outcome.error().kind, ErrorKind::not_found) << outcome.error().message;
  }
  EXPECT_EQ(stored, 1);
  EXPECT_EQ(turns("s"), numbered_turns("s", 1, 4));
}

INSTANTIATE_TEST_SUITE_P(Contract, StoreLetters, every_store(), store_name);

}  // namespace
}  // namespace chatsync::test
