#include "unit/service/service_fixture.hpp"

namespace chatsync::service {
namespace {

class SessionsTest : public ServiceFixture {
 protected:
  std::vector<std::string> questions(const TurnPage& page) {
    const auto list = test::run_coroutine(io, service.messages("abc", page));
    std::vector<std::string> texts;
    if (!list) return {list.error().message};
    for (const Turn& turn : list->turns) texts.push_back(turn.question);
    if (list->has_more) texts.emplace_back("more");
    return texts;
  }

  using Texts = std::vector<std::string>;
};

TEST_F(SessionsTest, ShowsTurnsThatAreStillPending) {
  chat("abc", "1");
  chat("abc", "2");
  EXPECT_EQ(questions({.limit = 50}), (Texts{"1", "2"}));
}

TEST_F(SessionsTest, FindsATurnWhereverItIs) {
  const auto first = chat("abc", "1");
  const auto find = [this](std::string session_id, std::string turn_id) {
    const auto found = test::run_coroutine(io, service.find_turn(std::move(session_id), std::move(turn_id)));
    return found && found->has_value() ? (*found)->question : "";
  };
  EXPECT_EQ(find("abc", first->turn_id), "1");
  for (int i = 2; i <= 12; ++i) chat("abc", std::to_string(i));
  EXPECT_EQ(find("abc", first->turn_id), "1") << "it is pending, and no longer in the history";
  sync();
  EXPECT_EQ(find("abc", first->turn_id), "1");
  EXPECT_EQ(find("another", first->turn_id), "");
  EXPECT_EQ(find("abc", "another"), "");
  cache.outage = Error{.kind = ErrorKind::unavailable, .message = "away"};
  EXPECT_EQ(find("abc", first->turn_id), "1");
}

TEST_F(SessionsTest, MergesStoredAndPendingTurnsInOrder) {
  for (int i = 1; i <= 12; ++i) chat("abc", std::to_string(i));
  sync();
  chat("abc", "13");
  EXPECT_EQ(questions({.limit = 11}),
            (Texts{"3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "more"}));
}

TEST_F(SessionsTest, ShowsATurnOnceThatIsStoredAndStillPending) {
  chat("abc", "1");
  cache.drain_outage = store_down();
  TurnBatch batch;
  batch.turns.push_back({.turn = cache.sessions["abc"].history.front()});
  test::run_coroutine(io, store.write(std::make_shared<const TurnBatch>(batch)));
  EXPECT_EQ(questions({.limit = 20}), (Texts{"1"}));
}

TEST_F(SessionsTest, PagesBackwardsAndForwards) {
  std::vector<std::int64_t> at;
  for (int i = 1; i <= 5; ++i) at.push_back(chat("abc", std::to_string(i))->created_at_us);
  EXPECT_EQ(questions({.limit = 2, .before_us = at[3]}), (Texts{"2", "3", "more"}));
  EXPECT_EQ(questions({.limit = 2, .before_us = at[2]}), (Texts{"1", "2"}));
  EXPECT_EQ(questions({.limit = 2, .after_us = at[1]}), (Texts{"3", "4", "more"}));
  EXPECT_EQ(questions({.limit = 2, .after_us = at[2]}), (Texts{"4", "5"}));
}

TEST_F(SessionsTest, ReadsRecentTurnsWithoutTheStore) {
  for (int i = 1; i <= 12; ++i) chat("abc", std::to_string(i));
  store.outage = store_down();
  EXPECT_EQ(questions({.limit = 3}), (Texts{"10", "11", "12", "more"}));
}

TEST_F(SessionsTest, ReadsTheSameAfterEviction) {
  for (int i = 1; i <= 12; ++i) chat("abc", std::to_string(i));
  const Texts before = questions({.limit = 5});
  sync();
  cache.sessions.clear();
  EXPECT_EQ(questions({.limit = 5}), before);
}

TEST_F(SessionsTest, AnUnknownSessionHasNoMessages) {
  const auto list = test::run_coroutine(io, service.messages("nobody", {}));
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().code, "session_not_found");
}

TEST_F(SessionsTest, ACreatedSessionHasAnEmptyListOfMessages) {
  ASSERT_TRUE(test::run_coroutine(io, service.create_session({.session_id = "abc"})));
  EXPECT_EQ(questions({}), Texts{});
}

TEST_F(SessionsTest, RefusesToCreateASessionTwice) {
  ASSERT_TRUE(test::run_coroutine(io, service.create_session({.session_id = "abc"})));
  EXPECT_EQ(test::run_coroutine(io, service.create_session({.session_id = "abc"})).error().code,
            "session_exists");
  sync();
  cache.sessions.clear();
  EXPECT_EQ(test::run_coroutine(io, service.create_session({.session_id = "abc"})).error().code,
            "session_exists");
}

TEST_F(SessionsTest, TakesTheTimesOfASessionFromItsTurnsWhereTheCacheHasNone) {
  const std::int64_t first = chat("abc", "1")->created_at_us;
  sync();
  const std::int64_t last = chat("abc", "2")->created_at_us;
  cache.sessions["abc"].session.created_at_us = cache.sessions["abc"].session.updated_at_us = 0;
  const auto session = test::run_coroutine(io, service.session("abc"));
  ASSERT_TRUE(session);
  EXPECT_EQ(session->created_at_us, first);
  EXPECT_EQ(session->updated_at_us, last);
}

TEST_F(SessionsTest, CountsWhatIsPendingAndWhatIsSynced) {
  for (int i = 0; i < 12; ++i) chat("abc", "hello");
  sync();
  chat("abc", "hello");
  const auto stats = test::run_coroutine(io, service.stats("abc"));
  ASSERT_TRUE(stats);
  EXPECT_EQ(stats->session.question_count, 13);
  EXPECT_EQ(stats->question_count_cache, 13);
  EXPECT_EQ(stats->question_count_store, 12);
  EXPECT_EQ(stats->pending, 1U);
  EXPECT_EQ(stats->synced, 12);
  EXPECT_EQ(stats->history_length, 10U);
}

TEST_F(SessionsTest, ListsAUsersSessionsBeforeTheyAreSynced) {
  chat("abc", "hello");
  const auto list = test::run_coroutine(io, service.sessions_of("1", {}));
  ASSERT_TRUE(list);
  ASSERT_EQ(list->sessions.size(), 1U);
  EXPECT_EQ(list->sessions[0].session_id, "abc");
}

TEST_F(SessionsTest, ListsSyncedAndUnsyncedSessionsOnceNewestFirst) {
  for (const char* id : {"s1", "s2", "s3"}) {
    chat(id, "hello");
    clock.advance(std::chrono::seconds(1));
  }
  sync();
  clock.advance(std::chrono::seconds(1));
  chat("s4", "hello");
  const auto page = test::run_coroutine(io, service.sessions_of("1", {.limit = 2}));
  ASSERT_EQ(page->sessions.size(), 2U);
  EXPECT_EQ(page->sessions[0].session_id, "s4");
  EXPECT_EQ(page->sessions[1].session_id, "s3");
  EXPECT_TRUE(page->has_more);
  const SessionPage::Position after{page->sessions[1].updated_at_us, "s3"};
  const auto rest = test::run_coroutine(io, service.sessions_of("1", {.limit = 2, .after = after}));
  ASSERT_EQ(rest->sessions.size(), 2U);
  EXPECT_EQ(rest->sessions[0].session_id, "s2");
  EXPECT_EQ(rest->sessions[1].session_id, "s1");
  EXPECT_FALSE(rest->has_more);
}

TEST_F(SessionsTest, ErasesASessionEverywhere) {
  chat("abc", "1");
  sync();
  chat("abc", "2");
  EXPECT_EQ(test::run_coroutine(io, service.erase_session("abc")), 2U);
  EXPECT_FALSE(test::run_coroutine(io, service.session("abc")));
  EXPECT_TRUE(store.rows.empty());
  EXPECT_EQ(pending_turns(), 0U);
}

TEST_F(SessionsTest, ALateDrainCannotBringAnErasedSessionBack) {
  chat("abc", "1");
  TurnBatch claimed;
  claimed.turns.push_back({.turn = cache.sessions["abc"].history.front()});
  test::run_coroutine(io, service.erase_session("abc"));
  const auto written = test::run_coroutine(io, store.write(std::make_shared<const TurnBatch>(claimed)));
  EXPECT_EQ(written->deleted, 1U);
  EXPECT_TRUE(store.rows.empty());
}

}  // namespace
}  // namespace chatsync::service
