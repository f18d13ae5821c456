// StoreAudit: what `chatsync verify` compares.
#include "chat/turn_json.hpp"
#include "contract/store_contract.hpp"

namespace chatsync::test {
namespace {

class StoreAudits : public StoreContract {
 protected:
  std::vector<StoreTally> tallies(const std::string& after = "", std::size_t limit = 100) {
    return ok(store().tallies(after, limit));
  }
  StoreTally only_tally() {
    auto all_tallies = tallies();
    if (all_tallies.size() != 1) throw std::runtime_error("there is not one session");
    return all_tallies.front();
  }
  void write_letter_of(const Turn& turn) {
    write_letters({{.session_id = turn.session_id,
                    .key = "k",
                    .reason = "r",
                    .error_code = "c",
                    .payload = history_entry(turn),
                    .first_failed_at_us = 1}});
  }
};

TEST_P(StoreAudits, CountWhatASessionHas) {
  write(numbered_turns("s", 1, 4));
  write({turn_of("s", 5)});
  append({{turn_of("s", 6)}, {turn_of("s", 7)}});
  write_letter_of(numbered_turn("s", 9));
  write_letter_of(numbered_turn("s", 8));
  write_letters({{.session_id = "s", .key = "k", .reason = "r", .error_code = "c", .payload = "?"}});
  ok(store().discard(ok(store().list({})).front().id));
  const StoreTally tally = only_tally();
  EXPECT_EQ(tally.session, load("s")->session);
  EXPECT_EQ(tally.session.question_count, 9);
  EXPECT_FALSE(tally.deleted);
  EXPECT_EQ(tally.rows, 7);
  EXPECT_EQ(tally.unsettled, 2);
  EXPECT_EQ(tally.numbered, 4);
  EXPECT_EQ(tally.distinct_seqs, 4);
  EXPECT_EQ(tally.max_seq, 4);
  EXPECT_EQ(tally.dead_letters, 2);
  EXPECT_EQ(tally.discarded_letters, 1);
  EXPECT_EQ(tally.letter_seqs, (std::vector<std::int64_t>{8, 9}));
}

TEST_P(StoreAudits, SeeANumberThatTwoTurnsHave) {
  Turn twin = numbered_turn("s", 3);
  twin.seq = 2;
  write({numbered_turn("s", 1), numbered_turn("s", 2), twin});
  EXPECT_EQ(only_tally().numbered, 3);
  EXPECT_EQ(only_tally().distinct_seqs, 2);
}

TEST_P(StoreAudits, ShowTombstonesWithTheirCount) {
  write(numbered_turns("s", 1, 4));
  ok(store().erase("s", 6));
  const StoreTally tally = only_tally();
  EXPECT_TRUE(tally.deleted);
  EXPECT_EQ(tally.session.question_count, 6);
  EXPECT_EQ(tally.rows, 0);
}

TEST_P(StoreAudits, WalkTheSessionsById) {
  for (const char* id : {"b", "a", "C"}) write(numbered_turns(id, 1, 1));
  write_session(session_after("d", 0));
  std::vector<std::string> seen;
  for (std::string after;;) {
    const auto page = tallies(after, 2);
    if (page.empty()) break;
    for (const auto& tally : page) seen.push_back(tally.session.session_id);
    after = seen.back();
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"C", "a", "b", "d"}));
}

TEST_P(StoreAudits, TellWhichTurnsAreStored) {
  write(numbered_turns("s", 1, 3));
  append(turn_of("s", 4));
  auto stored = ok(store().stored_turn_ids({"s-turn-4", "nothing", "s-turn-2"}));
  std::ranges::sort(stored);
  EXPECT_EQ(stored, (std::vector<std::string>{"s-turn-2", "s-turn-4"}));
  EXPECT_TRUE(ok(store().stored_turn_ids({})).empty());
}

TEST_P(StoreAudits, FindTheNumbersThatNothingHas) {
  write({numbered_turn("s", 2), numbered_turn("s", 3), numbered_turn("s", 9)});
  write_letter_of(numbered_turn("s", 5));
  append(turn_of("s", 12));
  using Numbers = std::vector<std::int64_t>;
  EXPECT_EQ(ok(store().missing_seqs("s", 100)), (Numbers{1, 4, 6, 7, 8}));
  EXPECT_EQ(ok(store().missing_seqs("s", 2)), (Numbers{1, 4}));
  EXPECT_TRUE(ok(store().missing_seqs("nobody", 100)).empty());
  ok(store().erase("s", 0));
  EXPECT_TRUE(ok(store().missing_seqs("s", 100)).empty());
}

TEST_P(StoreAudits, FindTurnsWithoutASession) {
  for (const char* id : {"a", "b", "c"}) write(numbered_turns(id, 1, 2));
  EXPECT_TRUE(ok(store().orphans("", 10)).empty());
  rig().execute("DELETE FROM chat_sessions WHERE session_id <> 'b'");
  const auto orphans = ok(store().orphans("", 10));
  ASSERT_EQ(orphans.size(), 2);
  EXPECT_EQ(orphans[0].session_id, "a");
  EXPECT_EQ(orphans[0].rows, 2);
  EXPECT_EQ(orphans[1].session_id, "c");
  EXPECT_EQ(ok(store().orphans("a", 1)).front().session_id, "c");
}

INSTANTIATE_TEST_SUITE_P(Contract, StoreAudits, every_store(), store_name);

}  // namespace
}  // namespace chatsync::test
