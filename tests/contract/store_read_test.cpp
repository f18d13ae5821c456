// TurnStore: loading, paging and listing.
#include "contract/store_contract.hpp"

namespace chatsync::test {
namespace {

class StoreRead : public StoreContract {
 protected:
  static std::int64_t at(int number) { return numbered_turn("s", number).timestamp_us; }

  void write_session_at(const std::string& session_id, std::int64_t updated_at_us,
                        const std::string& user_id = "ann") {
    write_session({.session_id = session_id,
                   .user_id = user_id,
                   .title = "",
                   .question_count = 0,
                   .created_at_us = kDawn,
                   .updated_at_us = updated_at_us});
  }

  std::vector<std::string> sessions_of(const std::string& user_id, SessionPage page = {}) {
    std::vector<std::string> ids;
    for (const Session& session : ok(store().sessions_of(user_id, std::move(page)))) {
      ids.push_back(session.session_id);
    }
    return ids;
  }
};

TEST_P(StoreRead, KnowsNothingOfASessionItNeverSaw) {
  EXPECT_FALSE(load("s", 10).has_value());
  EXPECT_TRUE(turns("s").empty());
  EXPECT_EQ(ok(store().count_turns("s")), 0);
  EXPECT_TRUE(sessions_of("ann").empty());
}

TEST_P(StoreRead, FindsATurnByItsId) {
  write(numbered_turns("s", 1, 3));
  EXPECT_EQ(ok(store().find_turn(numbered_turn("s", 2).turn_id)), numbered_turn("s", 2));
  EXPECT_EQ(ok(store().find_turn("another")), std::nullopt);
}

TEST_P(StoreRead, LoadsTheNewestTurnsOldestFirst) {
  write(numbered_turns("s", 1, 25));
  const auto stored = load("s", 10);
  ASSERT_TRUE(stored.has_value());
  EXPECT_FALSE(stored->deleted);
  EXPECT_EQ(stored->session, session_after("s", 25));
  EXPECT_EQ(stored->recent, numbered_turns("s", 16, 25));
}

TEST_P(StoreRead, LoadsNoTurnsWhenNoneAreAskedFor) {
  write(numbered_turns("s", 1, 5));
  EXPECT_TRUE(load("s", 0)->recent.empty());
}

TEST_P(StoreRead, SessionsThatAreLoadedAtTheSameTimeAreEachWhatTheyAre) {
  write(numbered_turns("long", 1, 25));
  write(numbered_turns("short", 1, 2));
  write(numbered_turns("erased", 1, 3));
  ok(store().erase("erased", 3));
  append(turn_of("unsettled", 1));
  const std::vector<std::string> ids = {"unknown", "long", "erased", "LONG", "unsettled", "short", "long"};
  // More than threads that load them, so that some come together.
  for (int round = 0; round < 5; ++round) {
    std::vector<AsyncResult<std::optional<StoredSession>>> loads;
    for (const std::string& id : ids) loads.push_back(store().load(id, 10));
    auto loaded = all(std::move(loads));
    for (std::size_t i = 0; i < ids.size(); ++i) {
      ASSERT_TRUE(loaded[i].has_value()) << ids[i] << ": " << loaded[i].error().message;
      const std::optional<StoredSession>& session = *loaded[i];
      const bool known = ids[i] != "unknown" && ids[i] != "LONG";
      ASSERT_EQ(session.has_value(), known) << ids[i];
      if (!known) continue;
      EXPECT_EQ(session->session.session_id, ids[i]);
      EXPECT_EQ(session->deleted, ids[i] == "erased");
      EXPECT_EQ(session->unsettled.size(), ids[i] == "unsettled" ? 1U : 0U);
      if (ids[i] == "long") EXPECT_EQ(session->recent, numbered_turns("long", 16, 25));
      if (ids[i] == "short") EXPECT_EQ(session->recent, numbered_turns("short", 1, 2));
    }
  }
}

TEST_P(StoreRead, TheCountIsNeverBehindTheHighestSeq) {
  TurnBatch batch = *batch_of(numbered_turns("s", 1, 7));
  batch.sessions[0].question_count = 3;
  write(std::make_shared<const TurnBatch>(std::move(batch)));
  EXPECT_EQ(load("s")->session.question_count, 7);
}

TEST_P(StoreRead, TheCountIsThatOfTheHighestSeqAlsoWhereTurnsAreMissing) {
  write({numbered_turn("s", 3), numbered_turn("s", 8)});
  EXPECT_EQ(load("s")->session.question_count, 8);
  EXPECT_EQ(ok(store().count_turns("s")), 2);
}

TEST_P(StoreRead, TurnsOfOtherProgramsAreCountedByTheirRows) {
  write({turn_of("s", 1), turn_of("s", 2), turn_of("s", 3)});
  EXPECT_EQ(load("s")->session.question_count, 3);
}

TEST_P(StoreRead, PagesTurns) {
  write(numbered_turns("s", 1, 9));
  write(numbered_turns("t", 1, 9));
  EXPECT_EQ(turns("s", {.limit = 3}), numbered_turns("s", 7, 9));
  EXPECT_EQ(turns("s", {.limit = 3, .before_us = at(7)}), numbered_turns("s", 4, 6));
  EXPECT_EQ(turns("s", {.limit = 3, .after_us = at(2)}), numbered_turns("s", 3, 5));
  EXPECT_EQ(turns("s", {.limit = 30, .before_us = at(3)}), numbered_turns("s", 1, 2));
  EXPECT_EQ(turns("s", {.limit = 30, .after_us = at(8)}), numbered_turns("s", 9, 9));
  EXPECT_TRUE(turns("s", {.limit = 3, .before_us = at(1)}).empty());
  EXPECT_TRUE(turns("s", {.limit = 3, .after_us = at(9)}).empty());
}

TEST_P(StoreRead, CursorsNeedNotBeTimestampsOfTurns) {
  write(numbered_turns("s", 1, 4));
  EXPECT_EQ(turns("s", {.limit = 2, .before_us = at(3) + 1}), numbered_turns("s", 2, 3));
  EXPECT_EQ(turns("s", {.limit = 2, .after_us = 0}), numbered_turns("s", 1, 2));
}

TEST_P(StoreRead, SessionIdsDifferInCase) {
  write(numbered_turns("abc", 1, 2));
  write(numbered_turns("ABC", 1, 3));
  EXPECT_EQ(ok(store().count_turns("abc")), 2);
  EXPECT_EQ(load("ABC")->session, session_after("ABC", 3));
}

TEST_P(StoreRead, ListsSessionsByLatestActivityThenId) {
  write_session_at("b", kDawn + 5);
  write_session_at("a", kDawn + 5);
  write_session_at("c", kDawn + 9);
  write_session_at("d", kDawn + 1);
  EXPECT_EQ(sessions_of("ann"), (std::vector<std::string>{"c", "a", "b", "d"}));
}

TEST_P(StoreRead, PagesSessionsThroughEqualTimes) {
  for (const char* session_id : {"a", "b", "c", "d"}) write_session_at(session_id, kDawn + 5);
  write_session_at("late", kDawn + 6);
  EXPECT_EQ(sessions_of("ann", {.limit = 2}), (std::vector<std::string>{"late", "a"}));
  EXPECT_EQ(sessions_of("ann", {.limit = 2, .after = SessionPage::Position{kDawn + 5, "a"}}),
            (std::vector<std::string>{"b", "c"}));
  EXPECT_EQ(sessions_of("ann", {.limit = 2, .after = SessionPage::Position{kDawn + 5, "c"}}),
            (std::vector<std::string>{"d"}));
  EXPECT_TRUE(sessions_of("ann", {.limit = 2, .after = SessionPage::Position{kDawn + 5, "d"}}).empty());
}

TEST_P(StoreRead, PagesSessionsByTheirIds) {
  write_session_at("c", kDawn + 1);
  write_session_at("a", kDawn + 5);
  write_session_at("b", kDawn + 9);
  write_session_at("other", kDawn + 9, "bob");
  const auto by_id = SessionPage::Order::by_id;
  EXPECT_EQ(sessions_of("ann", {.limit = 2, .after = {}, .order = by_id}),
            (std::vector<std::string>{"a", "b"}));
  const SessionPage::Position after_b{.session_id = "b"};
  EXPECT_EQ(sessions_of("ann", {.limit = 2, .after = after_b, .order = by_id}),
            std::vector<std::string>{"c"});
}

TEST_P(StoreRead, ListsTheSessionsOfOneUserOnly) {
  write_session_at("a", kDawn, "alice");
  write_session_at("b", kDawn, "ALICE");
  write_session_at("c", kDawn, "alice@example.org");
  EXPECT_EQ(sessions_of("alice"), std::vector<std::string>{"a"});
  EXPECT_EQ(sessions_of("ALICE"), std::vector<std::string>{"b"});
}

TEST_P(StoreRead, ListsWholeSessions) {
  write(numbered_turns("s", 1, 3));
  EXPECT_EQ(ok(store().sessions_of("ann", {})), std::vector{session_after("s", 3)});
}

TEST_P(StoreRead, DoesNotListErasedSessions) {
  write(numbered_turns("a", 1, 1));
  write(numbered_turns("b", 1, 1));
  ok(store().erase("a", 0));
  EXPECT_EQ(sessions_of("ann"), std::vector<std::string>{"b"});
}

TEST_P(StoreRead, ListsTombstonesWhereTheyAreAskedFor) {
  for (const char* session_id : {"a", "b", "c"}) write(numbered_turns(session_id, 1, 1));
  ok(store().erase("a", 1));
  ok(store().erase("c", 1));
  for (const auto order : {SessionPage::Order::by_id, SessionPage::Order::newest_first}) {
    EXPECT_EQ(sessions_of("ann", {.limit = 10, .after = {}, .order = order, .erased = true}),
              (std::vector<std::string>{"a", "c"}));
  }
}

TEST_P(StoreRead, AnswersThatItIsThere) {
  ok(store().ping());
  EXPECT_EQ(store().kind(), ::testing::PrintToString(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Contract, StoreRead, every_store(), store_name);

}  // namespace
}  // namespace chatsync::test
