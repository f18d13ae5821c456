// What a reader of a session sees, over every cache and every store.
#include <algorithm>
#include <set>

#include "contract/system_contract.hpp"

namespace chatsync::test {
namespace {

using service::ChatReply;
using service::SessionStats;

class SystemSession : public SystemContract {
 protected:
  ErrorKind failure_of_chat(const std::string& session_id) {
    const Result<ChatReply> reply =
        await(service().chat({.session_id = session_id, .user_id = "ann", .message = "hello"}));
    EXPECT_FALSE(reply.has_value());
    return reply ? ErrorKind::internal : reply.error().kind;
  }

  template <class T>
  static ErrorKind kind_of(const Result<T>& result) {
    EXPECT_FALSE(result.has_value());
    return result ? ErrorKind::internal : result.error().kind;
  }

  std::vector<std::string> sessions_of(const std::string& user_id, SessionPage page = {}) {
    std::vector<std::string> ids;
    for (const Session& session : ok(service().sessions_of(user_id, std::move(page))).sessions) {
      ids.push_back(session.session_id);
    }
    return ids;
  }
};

TEST_P(SystemSession, CountsEachQuestionOnce) {
  for (int number = 1; number <= 12; ++number) {
    EXPECT_EQ(chat("s", "hello").question_count, number);
  }
}

TEST_P(SystemSession, MakesASessionIdWhenNoneIsGiven) {
  const ChatReply first = ok(service().chat({.user_id = "ann", .message = "hello"}));
  const ChatReply second = ok(service().chat({.user_id = "ann", .message = "hello"}));
  EXPECT_NE(first.session_id, second.session_id);
  EXPECT_EQ(first.question_count, 1);
  EXPECT_EQ(chat(first.session_id, "again").question_count, 2);
}

TEST_P(SystemSession, CountAndHistoryGoOnAfterEviction) {
  chat_numbers("s", 1, 13);
  sync_now();
  empty_the_cache();
  EXPECT_EQ(chat("s", "question 14").question_count, 14);
  EXPECT_EQ(questions("s"), numbered(1, 14));
  EXPECT_EQ(ok(cache_rig().cache().history("s")).size(), kHistoryTurns);
  EXPECT_EQ(sync_now().synced, 1);
  EXPECT_EQ(stored_seqs("s"), seqs(1, 14));
}

TEST_P(SystemSession, CountAndHistoryGoOnAfterARestart) {
  chat_numbers("s", 1, 7);
  sync_now();
  chat_numbers("s", 8, 13);
  restart();
  EXPECT_EQ(chat("s", "question 14").question_count, 14);
  EXPECT_EQ(questions("s"), numbered(1, 14));
  EXPECT_EQ(sync_now().synced, 7);
  EXPECT_EQ(stored_seqs("s"), seqs(1, 14));
}

TEST_P(SystemSession, FirstTurnsAfterEvictionThatRaceAreCountedOnce) {
  chat_numbers("s", 1, 13);
  sync_now();
  empty_the_cache();
  std::vector<AsyncResult<ChatReply>> requests;
  for (int i = 0; i < 30; ++i) {
    requests.push_back(service().chat({.session_id = "s", .user_id = "ann", .message = "racing"}));
  }
  std::set<std::int64_t> counts;
  for (const auto& reply : all(std::move(requests))) {
    ASSERT_TRUE(reply.has_value()) << reply.error().message;
    counts.insert(reply->question_count);
  }
  EXPECT_EQ(counts.size(), 30);
  EXPECT_EQ(*counts.begin(), 14);
  EXPECT_EQ(*counts.rbegin(), 43);
  sync_now();
  EXPECT_EQ(stored_seqs("s"), seqs(1, 43));
}

TEST_P(SystemSession, AnEvictedSessionReadsTheSame) {
  ok(service().create_session({.session_id = "s", .user_id = "ann", .title = "A title"}));
  chat_numbers("s", 1, 13);
  sync_now();
  const Session before = ok(service().session("s"));
  const std::vector<Turn> turns = messages("s").turns;
  const std::vector<Turn> newest = messages("s", {.limit = 5}).turns;
  empty_the_cache();
  EXPECT_EQ(ok(service().session("s")), before);
  EXPECT_EQ(messages("s").turns, turns);
  EXPECT_EQ(messages("s", {.limit = 5}).turns, newest);
}

TEST_P(SystemSession, MessagesMergeWhatIsStoredAndWhatIsPending) {
  chat_numbers("s", 1, 25);
  sync_now();
  chat_numbers("s", 26, 32);
  EXPECT_EQ(questions("s"), numbered(1, 32));
  EXPECT_FALSE(messages("s").has_more);
  EXPECT_TRUE(messages("s", {.limit = 31}).has_more);
}

TEST_P(SystemSession, ShowsATurnOnceThatIsStoredAndStillPending) {
  chat_numbers("s", 1, 15);
  pending().acknowledge_failure = Error{.kind = ErrorKind::unavailable, .message = "the cache is down"};
  EXPECT_TRUE(sync_now().failure.has_value());
  chat_numbers("s", 16, 18);
  EXPECT_EQ(questions("s"), numbered(1, 18));
  EXPECT_EQ(questions("s", {.limit = 12}), numbered(7, 18));
}

TEST_P(SystemSession, PagesBackwardsThroughStoreAndCacheWithoutGapOrDouble) {
  chat_numbers("s", 1, 25);
  sync_now();
  chat_numbers("s", 26, 32);
  for (const std::size_t limit : {1U, 3U, 5U, 10U, 11U, 32U}) {
    std::vector<std::string> walked;
    TurnPage page{.limit = limit};
    while (true) {
      const service::MessageList list = messages("s", page);
      ASSERT_FALSE(list.turns.empty());
      for (auto turn = list.turns.rbegin(); turn != list.turns.rend(); ++turn)
        walked.push_back(turn->question);
      if (!list.has_more) break;
      ASSERT_EQ(list.turns.size(), limit);
      page.before_us = list.turns.front().timestamp_us;
    }
    std::ranges::reverse(walked);
    EXPECT_EQ(walked, numbered(1, 32)) << "limit " << limit;
  }
}

TEST_P(SystemSession, PagesForwardsThroughStoreAndCacheWithoutGapOrDouble) {
  chat_numbers("s", 1, 25);
  sync_now();
  chat_numbers("s", 26, 32);
  for (const std::size_t limit : {1U, 3U, 5U, 10U, 11U, 32U}) {
    std::vector<std::string> walked;
    TurnPage page{.limit = limit, .after_us = 0};
    while (true) {
      const service::MessageList list = messages("s", page);
      ASSERT_FALSE(list.turns.empty());
      for (const Turn& turn : list.turns) walked.push_back(turn.question);
      if (!list.has_more) break;
      ASSERT_EQ(list.turns.size(), limit);
      page.after_us = list.turns.back().timestamp_us;
    }
    EXPECT_EQ(walked, numbered(1, 32)) << "limit " << limit;
  }
}

TEST_P(SystemSession, AnUnknownSessionIsNotFound) {
  EXPECT_EQ(kind_of(await(service().session("s"))), ErrorKind::not_found);
  EXPECT_EQ(kind_of(await(service().messages("s", {}))), ErrorKind::not_found);
  EXPECT_EQ(kind_of(await(service().stats("s"))), ErrorKind::not_found);
  EXPECT_EQ(kind_of(await(service().erase_session("s"))), ErrorKind::not_found);
}

TEST_P(SystemSession, ErasingDeletesStoredAndPendingTurns) {
  chat_numbers("s", 1, 3);
  sync_now();
  chat_numbers("s", 4, 5);
  EXPECT_EQ(ok(service().erase_session("s")), 5);
  EXPECT_EQ(kind_of(await(service().session("s"))), ErrorKind::not_found);
  EXPECT_EQ(kind_of(await(service().messages("s", {}))), ErrorKind::not_found);
  EXPECT_EQ(sync_now().synced, 0);
  EXPECT_TRUE(stored_seqs("s").empty());
}

TEST_P(SystemSession, AnErasedSessionTakesNoMoreTurns) {
  chat_numbers("s", 1, 3);
  ok(service().erase_session("s"));
  EXPECT_EQ(failure_of_chat("s"), ErrorKind::gone);
  restart();
  EXPECT_EQ(failure_of_chat("s"), ErrorKind::gone);
  sync_now();
  EXPECT_TRUE(stored_seqs("s").empty());
}

TEST_P(SystemSession, AnErasedSessionCannotBeMadeAnew) {
  chat_numbers("s", 1, 3);
  sync_now();
  ok(service().erase_session("s"));
  EXPECT_EQ(kind_of(await(service().create_session({.session_id = "s"}))), ErrorKind::gone);
}

TEST_P(SystemSession, AStoredSessionExistsAlsoWhenItIsNotCached) {
  chat_numbers("s", 1, 3);
  sync_now();
  empty_the_cache();
  EXPECT_EQ(kind_of(await(service().create_session({.session_id = "s"}))), ErrorKind::conflict);
}

TEST_P(SystemSession, ACreatedSessionStartsItsCountAtOneAlsoAfterEviction) {
  ok(service().create_session({.session_id = "s", .user_id = "ann", .title = "A title"}));
  sync_now();
  empty_the_cache();
  EXPECT_EQ(chat("s", "question 1").question_count, 1);
  sync_now();
  EXPECT_EQ(stored_seqs("s"), seqs(1, 1));
  EXPECT_EQ(ok(service().session("s")).title, "A title");
}

TEST_P(SystemSession, StatsTellCacheStoreAndRestApart) {
  chat_numbers("s", 1, 12);
  sync_now();
  chat_numbers("s", 13, 15);
  const SessionStats stats = ok(service().stats("s"));
  EXPECT_EQ(stats.session.question_count, 15);
  EXPECT_EQ(stats.question_count_cache, 15);
  EXPECT_EQ(stats.question_count_store, 12);
  EXPECT_EQ(stats.synced, 12);
  EXPECT_EQ(stats.pending, 3);
  EXPECT_EQ(stats.history_length, kHistoryTurns);
  EXPECT_EQ(stats.last_activity_us, messages("s").turns.back().timestamp_us);
}

TEST_P(SystemSession, StatsOfAnEvictedSessionComeFromTheStore) {
  chat_numbers("s", 1, 12);
  sync_now();
  empty_the_cache();
  const SessionStats stats = ok(service().stats("s"));
  EXPECT_EQ(stats.session.question_count, 12);
  EXPECT_EQ(stats.question_count_cache, std::nullopt);
  EXPECT_EQ(stats.question_count_store, 12);
  EXPECT_EQ(stats.pending, 0);
}

TEST_P(SystemSession, ListsSessionsOfAUserSyncedOrNot) {
  chat_numbers("first", 1, 1);
  sync_now();
  chat_numbers("second", 1, 1);
  chat_numbers("third", 1, 1);
  sync_now();
  ok(service().create_session({.session_id = "fourth", .user_id = "ann"}));
  ok(service().chat({.session_id = "of-bob", .user_id = "bob", .message = "hello"}));
  EXPECT_EQ(sessions_of("ann"), (std::vector<std::string>{"fourth", "third", "second", "first"}));
  EXPECT_EQ(sessions_of("bob"), std::vector<std::string>{"of-bob"});
}

TEST_P(SystemSession, PagesTheListOfSessions) {
  const std::vector<std::string> expected{"f", "e", "d", "c", "b", "a"};
  for (const char* session_id : {"a", "b", "c"}) chat(session_id, "hello");
  sync_now();
  for (const char* session_id : {"d", "e", "f"}) chat(session_id, "hello");
  std::vector<std::string> walked;
  SessionPage page{.limit = 2};
  while (true) {
    const service::SessionList list = ok(service().sessions_of("ann", page));
    ASSERT_FALSE(list.sessions.empty());
    for (const Session& session : list.sessions) walked.push_back(session.session_id);
    if (!list.has_more) break;
    page.after = {list.sessions.back().updated_at_us, list.sessions.back().session_id};
  }
  EXPECT_EQ(walked, expected);
}

TEST_P(SystemSession, IsReadyWhileTheStoreIsDownAndSaysSo) {
  store().outage = Error{.kind = ErrorKind::unavailable, .message = "the store is down"};
  const service::Readiness readiness = await(service().readiness());
  EXPECT_FALSE(readiness.cache_failure.has_value());
  EXPECT_EQ(readiness.cache_kind, ::testing::PrintToString(std::get<0>(GetParam())));
  EXPECT_EQ(readiness.store_kind, ::testing::PrintToString(std::get<1>(GetParam())));
  ASSERT_TRUE(readiness.store_failure.has_value());
  EXPECT_EQ(readiness.store_failure->message, "the store is down");
}

INSTANTIATE_TEST_SUITE_P(Contract, SystemSession, every_combination(), combination_name);

}  // namespace
}  // namespace chatsync::test
