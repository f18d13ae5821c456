// ConversationStore: titles and metadata, marks of items, sibling answers, and that an erasure takes them
// along.
#include "chat/conversation_store.hpp"
#include "contract/store_contract.hpp"

namespace chatsync::test {
namespace {

class StoreConversations : public StoreContract {
 protected:
  static Session session_of(const std::string& id) { return session_after(id, 1); }

  void describe(const std::string& id, std::optional<std::string> title,
                std::optional<std::string> metadata = {}) {
    ok(store().describe(session_of(id), std::move(title), std::move(metadata)));
  }
  std::vector<TurnExtras> extras_of(const std::vector<std::string>& turn_ids) {
    return ok(store().extras_of("s", turn_ids));
  }
  static SiblingAnswer sibling(const std::string& id) {
    return {.sibling_id = id,
            .answer = "Câu trả lời khác \U0001F60A '",
            .status = TurnStatus::incomplete,
            .model = "m",
            .details = R"({"latency_ms":3})",
            .created_at_us = kDawn + 5};
  }
  static ItemFeedback feedback() {
    return {.rating = -1, .comment = "sai 'rồi'", .given_by = "ann", .given_at_us = kDawn + 9};
  }
  void fill(const std::string& id) {
    describe(id, "Chuyến đi", R"({"a":"b"})");
    ok(store().delete_item(session_of(id), {.turn_id = "t", .sibling_id = {}, .item = 0}));
    ok(store().rate_item(session_of(id), {.turn_id = "t", .sibling_id = {}, .item = 1}, feedback()));
    ok(store().add_sibling(session_of(id), "t", sibling("b")));
  }
  std::string rows_of(const std::string& id) {
    return rig()
        .select("SELECT (SELECT count(*) FROM item_marks WHERE session_id = '" + id +
                "') + (SELECT count(*) FROM sibling_answers WHERE session_id = '" + id + "')")
        .front();
  }
};

TEST_P(StoreConversations, ATitleThatWasGivenWithstandsTheDrain) {
  Session created = session_after("s", 1);
  created.title = "old";
  write_session(created);
  EXPECT_EQ(load("s")->session.title, "old");
  describe("s", "Chuyến đi");
  write_session(created);
  EXPECT_EQ(load("s")->session.title, "Chuyến đi");
  EXPECT_EQ(ok(store().sessions_of("ann", {})).front().title, "Chuyến đi");
  describe("s", "");
  write_session(created);
  EXPECT_EQ(load("s")->session.title, "");
}

TEST_P(StoreConversations, MetadataAloneLeavesTheTitleToTheDrain) {
  describe("s", {}, R"({"topic":"Đà Nẵng"})");
  Session created = session_after("s", 1);
  created.title = "of its creation";
  write_session(created);
  EXPECT_EQ(ok(store().descriptions({"s"})),
            (std::vector<SessionDescription>{
                {"s", "of its creation", R"({"topic":"Đà Nẵng"})", created.updated_at_us}}));
  describe("s", {}, "");
  EXPECT_EQ(ok(store().descriptions({"s"})).front().metadata, "");
}

TEST_P(StoreConversations, AChangeTakesNoTitleFromTheSessionThatItIsOf) {
  Session shown = session_of("s");
  shown.title = "made of the first question";
  ok(store().delete_item(shown, {.turn_id = "t", .sibling_id = {}, .item = 0}));
  EXPECT_EQ(load("s")->session.title, "");
}

TEST_P(StoreConversations, DescriptionsAreThoseOfTheSessionsAskedFor) {
  describe("a", "A");
  describe("b", "B");
  ok(store().erase("b", 0));
  EXPECT_EQ(ok(store().descriptions({"a", "b", "unknown"})),
            (std::vector<SessionDescription>{{"a", "A", "", session_of("a").updated_at_us}}));
  EXPECT_TRUE(ok(store().descriptions({})).empty());
}

TEST_P(StoreConversations, ASessionThatTheStoreHasNotSeenGetsARowWithoutTurns) {
  describe("s", "early");
  const auto stored = load("s");
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->session.user_id, "ann");
  EXPECT_EQ(stored->session.question_count, 0);
  EXPECT_EQ(stored->session.created_at_us, session_of("s").created_at_us);
  write(numbered_turns("s", 1, 3));
  EXPECT_EQ(load("s")->session.question_count, 3);
  EXPECT_EQ(load("s")->session.title, "early");
}

TEST_P(StoreConversations, ADeletedItemStaysDeletedWhateverComesAfterwards) {
  const ItemPlace place{.turn_id = "t", .sibling_id = {}, .item = 1};
  ok(store().rate_item(session_of("s"), place, feedback()));
  ok(store().delete_item(session_of("s"), place));
  ok(store().delete_item(session_of("s"), place));
  const auto rated = await(store().rate_item(session_of("s"), place, feedback()));
  ASSERT_FALSE(rated);
  EXPECT_EQ(rated.error().code, "item_not_found");
  write(numbered_turns("s", 1, 3));
  const auto extras = extras_of({"t"});
  ASSERT_EQ(extras.size(), 1);
  EXPECT_EQ(extras.front().marks, (std::vector<ItemMark>{{.place = place, .deleted = true, .feedback = {}}}));
}

TEST_P(StoreConversations, TheLastFeedbackOfAnItemCountsAndCanBeTakenBack) {
  const ItemPlace place{.turn_id = "t", .sibling_id = "b", .item = 2};
  ItemFeedback second = feedback();
  second.rating = 1;
  second.comment.clear();
  second.given_by.clear();
  ok(store().rate_item(session_of("s"), place, feedback()));
  EXPECT_EQ(extras_of({"t"}).front().marks.front().feedback, feedback());
  ok(store().rate_item(session_of("s"), place, second));
  EXPECT_EQ(extras_of({"t"}).front().marks.front().feedback, second);
  EXPECT_EQ(extras_of({"t"}).front().marks.front().place, place);
  ok(store().rate_item(session_of("s"), place, {}));
  EXPECT_FALSE(extras_of({"t"}).front().marks.front().feedback);
}

TEST_P(StoreConversations, SiblingsComeInTheOrderOfTheirIdsAndOnce) {
  for (const char* id : {"c", "b", "c"}) ok(store().add_sibling(session_of("s"), "t", sibling(id)));
  const auto extras = extras_of({"t"});
  ASSERT_EQ(extras.size(), 1);
  EXPECT_EQ(extras.front().siblings, (std::vector<SiblingAnswer>{sibling("b"), sibling("c")}));
  EXPECT_EQ(ok(store().turn_of_sibling("s", "c")), "t");
  EXPECT_EQ(ok(store().turn_of_sibling("other", "c")), std::nullopt);
}

TEST_P(StoreConversations, ExtrasAreThoseOfTheTurnsAskedForInTheirSession) {
  fill("s");
  fill("other");
  ok(store().add_sibling(session_of("s"), "u", sibling("d")));
  ok(store().add_sibling(session_of("s"), "v", sibling("e")));
  const auto extras = extras_of({"u", "nothing", "t"});
  ASSERT_EQ(extras.size(), 2);
  EXPECT_EQ(extras[0].turn_id, "t");
  EXPECT_EQ(extras[0].marks.size(), 2);
  EXPECT_EQ(extras[0].siblings.size(), 1);
  EXPECT_EQ(extras[1].turn_id, "u");
  EXPECT_TRUE(extras_of({}).empty());
}

TEST_P(StoreConversations, SiblingsAreNoTurns) {
  write(numbered_turns("s", 1, 2));
  ok(store().add_sibling(session_of("s"), turns("s").front().turn_id, sibling("b")));
  EXPECT_EQ(load("s")->session.question_count, 2);
  EXPECT_EQ(ok(store().count_turns("s")), 2);
  EXPECT_EQ(ok(store().tallies("", 10)).front().rows, 2);
}

TEST_P(StoreConversations, AnErasureTakesAllOfItAlong) {
  write(numbered_turns("s", 1, 2));
  fill("s");
  fill("other");
  ok(store().erase("s", 2));
  EXPECT_EQ(rows_of("s"), "0");
  EXPECT_EQ(rows_of("other"), "3");
  EXPECT_EQ(rig().select("SELECT count(*) FROM chat_sessions WHERE session_id = 's' AND title = '' AND "
                         "titled_at IS NULL AND metadata IS NULL"),
            std::vector<std::string>{"1"});
}

TEST_P(StoreConversations, NothingIsAddedToAnErasedSession) {
  ok(store().erase("s", 0));
  const Session session = session_of("s");
  const ItemPlace place{.turn_id = "t", .sibling_id = {}, .item = 0};
  for (const auto& refused :
       {await(store().describe(session, "title", "{}")), await(store().delete_item(session, place)),
        await(store().rate_item(session, place, feedback())),
        await(store().add_sibling(session, "t", sibling("b")))}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "session_deleted");
  }
  EXPECT_EQ(rows_of("s"), "0");
  EXPECT_EQ(load("s")->session.title, "");
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreConversations, every_store(), store_name);

}  // namespace
}  // namespace chatsync::test
