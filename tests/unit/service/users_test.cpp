#include "unit/service/service_fixture.hpp"

namespace chatsync::service {
namespace {

class UsersTest : public ServiceFixture {
 protected:
  void chat_as(const std::string& user_id, const std::string& session_id, const std::string& message) {
    const auto reply = test::run_coroutine(
        io, service.chat({.session_id = session_id, .user_id = user_id, .message = message}));
    ASSERT_TRUE(reply) << reply.error().message;
  }

  Result<UserErasure> erase(const std::string& user_id) {
    return test::run_coroutine(io, service.erase_user(user_id));
  }

  /// The ids of a user's sessions, walked in pages of `limit`.
  std::vector<std::string> walk(const std::string& user_id, std::size_t limit) {
    std::vector<std::string> ids;
    for (bool more = true; more;) {
      const auto list = test::run_coroutine(
          io, service.sessions_by_id(user_id, ids.empty() ? std::string() : ids.back(), limit));
      if (!list) return {list.error().message};
      for (const Session& session : list->sessions) ids.push_back(session.session_id);
      more = list->has_more;
    }
    return ids;
  }

  using Ids = std::vector<std::string>;
};

TEST_F(UsersTest, WalksSyncedAndUnsyncedSessionsOnceById) {
  for (const char* id : {"s4", "s2", "s1"}) chat_as("ann", id, "hello");
  chat_as("bob", "s3", "hello");
  sync();
  chat_as("ann", "s2", "again");
  chat_as("ann", "s0", "hello");
  chat_as("ann", "s9", "hello");
  for (const std::size_t limit : {1U, 2U, 5U, 50U}) {
    EXPECT_EQ(walk("ann", limit), (Ids{"s0", "s1", "s2", "s4", "s9"})) << limit;
  }
}

TEST_F(UsersTest, AWalkMissesNoSessionThatIsSyncedBetweenItsPages) {
  for (const char* id : {"a", "b", "c"}) chat_as("ann", id, "hello");
  sync();
  clock.advance(std::chrono::seconds(5));
  const auto first = test::run_coroutine(io, service.sessions_by_id("ann", "", 1));
  ASSERT_EQ(first->sessions.at(0).session_id, "a");
  // In the order of activity, this would move the session before the place where the walk is.
  chat_as("ann", "c", "again");
  sync();
  const auto rest = test::run_coroutine(io, service.sessions_by_id("ann", "a", 10));
  ASSERT_EQ(rest->sessions.size(), 2U);
  EXPECT_EQ(rest->sessions[1].session_id, "c");
  EXPECT_EQ(rest->sessions[1].question_count, 2);
}

TEST_F(UsersTest, AWalkShowsCountsThatIncludePendingTurns) {
  chat_as("ann", "a", "hello");
  sync();
  chat_as("ann", "a", "again");
  const auto list = test::run_coroutine(io, service.sessions_by_id("ann", "", 10));
  EXPECT_EQ(list->sessions.at(0).question_count, 2);
}

TEST_F(UsersTest, ErasesEverySessionOfTheUserAndNoOther) {
  chat_as("ann", "synced", "1");
  chat_as("bob", "other", "1");
  sync();
  chat_as("ann", "synced", "2");
  chat_as("ann", "unsynced", "1");
  ASSERT_TRUE(
      test::run_coroutine(io, service.create_session({.session_id = "without-turns", .user_id = "ann"})));
  const auto erased = erase("ann");
  ASSERT_TRUE(erased);
  EXPECT_EQ(erased->sessions, 3U);
  EXPECT_EQ(erased->turns, 3U);
  EXPECT_TRUE(walk("ann", 10).empty());
  EXPECT_EQ(store.rows.size(), 1U);
  EXPECT_EQ(cache.sessions.size(), 1U);
  EXPECT_EQ(walk("bob", 10), Ids{"other"});
}

TEST_F(UsersTest, ErasesMoreSessionsThanOnePageHolds) {
  for (int i = 0; i < 450; ++i) chat_as("ann", "s" + std::to_string(i), "hello");
  sync();
  cache.sessions.clear();
  EXPECT_EQ(erase("ann")->sessions, 450U);
  EXPECT_TRUE(store.rows.empty());
}

TEST_F(UsersTest, AUserWithoutSessionsIsErasedToo) {
  const auto erased = erase("nobody");
  ASSERT_TRUE(erased);
  EXPECT_EQ(erased->sessions, 0U);
  EXPECT_EQ(erased->turns, 0U);
}

TEST_F(UsersTest, NothingIsErasedWhileTheCacheCannotBeTold) {
  chat_as("ann", "a", "hello");
  sync();
  cache.outage = store_down();
  const auto erased = erase("ann");
  ASSERT_FALSE(erased);
  EXPECT_EQ(erased.error().kind, ErrorKind::unavailable);
  EXPECT_TRUE(store.tombstones.empty());
  const auto one = test::run_coroutine(io, service.erase_session("a"));
  ASSERT_FALSE(one);
  EXPECT_EQ(one.error().kind, ErrorKind::unavailable);
  EXPECT_TRUE(store.tombstones.empty());
}

TEST_F(UsersTest, AnErasureThatFailedHalfwayIsGoneOnWith) {
  for (const char* id : {"a", "b", "c"}) chat_as("ann", id, "hello");
  sync();
  chat_as("ann", "b", "pending");
  // An attempt that lost the cache just after the tombstone: the cache still holds the session.
  test::run_coroutine(io, store.erase("b", 2));
  store.sessions["b"].user_id = "ann";
  cache.sessions["b"].pending.clear();
  ASSERT_TRUE(cache.sessions.contains("b"));
  const auto erased = erase("ann");
  ASSERT_TRUE(erased) << erased.error().message;
  EXPECT_EQ(erased->sessions, 2U);
  EXPECT_TRUE(cache.sessions.empty());
  EXPECT_TRUE(store.rows.empty());
}

TEST_F(UsersTest, AFailureOfTheStoreLeavesTheRestToARepetition) {
  chat_as("ann", "a", "hello");
  store.outage = store_down();
  EXPECT_FALSE(erase("ann"));
  EXPECT_EQ(pending_turns(), 1U);
  store.outage.reset();
  EXPECT_EQ(erase("ann")->turns, 1U);
  EXPECT_EQ(erase("ann")->turns, 0U);
}

TEST_F(UsersTest, ALateDrainBringsNoSessionOfAnErasedUserBack) {
  chat_as("ann", "a", "hello");
  TurnBatch claimed;
  claimed.sessions.push_back(cache.sessions["a"].session);
  claimed.turns.push_back({.turn = cache.sessions["a"].history.front()});
  ASSERT_TRUE(erase("ann"));
  const auto written = test::run_coroutine(io, store.write(std::make_shared<const TurnBatch>(claimed)));
  EXPECT_EQ(written->deleted, 1U);
  EXPECT_TRUE(store.rows.empty());
  EXPECT_TRUE(walk("ann", 10).empty());
}

}  // namespace
}  // namespace chatsync::service
