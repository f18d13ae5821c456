#include "unit/service/service_fixture.hpp"

namespace chatsync::service {
namespace {

using Numbers = std::vector<std::int64_t>;

class WriteThroughTest : public ServiceFixture {
 protected:
  void take_the_cache_away() { cache.outage = cache.drain_outage = cache_down(); }
  void bring_the_cache_back() {
    cache.outage.reset();
    cache.drain_outage.reset();
  }

  static Error cache_down() { return {.kind = ErrorKind::unavailable, .message = "cache is down"}; }

  /// The session's stored numbers in the order of time.
  Numbers stored_seqs(const std::string& session_id) {
    Numbers seqs;
    for (const auto& [key, turn] : store.rows) {
      if (key.first == session_id) seqs.push_back(turn.seq.value_or(0));
    }
    return seqs;
  }

  static Numbers one_to(std::int64_t last) {
    Numbers numbers;
    for (std::int64_t number = 1; number <= last; ++number) numbers.push_back(number);
    return numbers;
  }

  std::vector<std::string> cached_history(const std::string& session_id) {
    std::vector<std::string> questions;
    for (const Turn& turn : cache.sessions[session_id].history) questions.push_back(turn.question);
    return questions;
  }
};

TEST_F(WriteThroughTest, TheStoreTakesTurnsWhileTheCacheIsAway) {
  take_the_cache_away();
  const auto reply = chat("abc", "hello");
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->durability, Durability::synced);
  EXPECT_EQ(stored_seqs("abc"), one_to(1));
}

TEST_F(WriteThroughTest, ATurnToBeSyncedIsStoredThoughTheCacheGoesWithItBeforeItsCommit) {
  cache.after_record = [this] { take_the_cache_away(); };
  const auto reply = chat("abc", "hello", Durability::synced);
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->durability, Durability::synced);
  EXPECT_EQ(stored_seqs("abc"), one_to(1)) << "the cache may come back without the turn";
  EXPECT_FALSE(reply->provisional_count) << "it is stored by the number that the cache gave it";
  cache.after_record = nullptr;
  cache.sessions.clear();
  bring_the_cache_back();
  sync();
  EXPECT_EQ(stored_seqs("abc"), one_to(1));
}

TEST_F(WriteThroughTest, ATurnCommittedWithoutItsCacheIsNotStoredTwiceWhenThatComesBackWithIt) {
  chat("abc", "1");
  cache.after_record = [this] { take_the_cache_away(); };
  ASSERT_TRUE(chat("abc", "2", Durability::synced));
  cache.after_record = nullptr;
  bring_the_cache_back();
  EXPECT_EQ(chat("abc", "3")->question_count, 3);
  sync();
  EXPECT_EQ(stored_seqs("abc"), one_to(3));
  EXPECT_EQ(pending_turns(), 0U);
}

TEST_F(WriteThroughTest, NumbersGoOnAfterThoseInTheStoreAndAreProvisional) {
  chat("abc", "1");
  chat("abc", "2");
  sync();
  take_the_cache_away();
  const auto reply = chat("abc", "3");
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->question_count, 3);
  EXPECT_TRUE(reply->provisional_count) << "the cache could hold turns that the store has not seen";
}

TEST_F(WriteThroughTest, OnlyTheFirstTurnOfASessionThatBeginsInTheOutageHasAFinalNumber) {
  take_the_cache_away();
  const auto first = chat(std::nullopt, "1");
  ASSERT_TRUE(first);
  EXPECT_FALSE(first->provisional_count);
  const auto second = chat(first->session_id, "2");
  ASSERT_TRUE(second);
  EXPECT_EQ(second->question_count, 2);
  EXPECT_TRUE(second->provisional_count) << "another instance may have reached the cache meanwhile";
}

TEST_F(WriteThroughTest, TurnsOfTheOutageAreNumberedAfterThoseThatTheCacheHeld) {
  for (const char* message : {"1", "2", "3"}) chat("abc", message);  // Pending in the cache.
  take_the_cache_away();
  const auto provisional = chat("abc", "4");
  ASSERT_TRUE(provisional);
  EXPECT_EQ(provisional->question_count, 1) << "the store knows of none of the three";
  chat("abc", "5");
  bring_the_cache_back();
  const auto next = chat("abc", "6");
  ASSERT_TRUE(next) << next.error().message;
  EXPECT_EQ(next->question_count, 6);
  EXPECT_FALSE(next->provisional_count);
  sync();
  EXPECT_EQ(stored_seqs("abc"), one_to(6));
  EXPECT_EQ(cached_history("abc"), (std::vector<std::string>{"1", "2", "3", "4", "5", "6"}));
  EXPECT_TRUE(store.unsettled["abc"].empty());
}

TEST_F(WriteThroughTest, ADrainAloneSettlesTheTurnsOfAnOutage) {
  chat("abc", "1");
  take_the_cache_away();
  chat("abc", "2");
  bring_the_cache_back();
  sync();
  EXPECT_EQ(stored_seqs("abc"), one_to(2));
  EXPECT_EQ(cache.sessions["abc"].session.question_count, 2);
  EXPECT_TRUE(synchronizer.trust().trusts(cache.lineage()));
}

TEST_F(WriteThroughTest, ACacheThatLostEverythingGoesOnFromTheStore) {
  chat("abc", "1");
  sync();
  take_the_cache_away();
  chat("abc", "2");
  cache.sessions.clear();
  bring_the_cache_back();
  EXPECT_EQ(chat("abc", "3")->question_count, 3);
  sync();
  EXPECT_EQ(stored_seqs("abc"), one_to(3));
  EXPECT_EQ(cached_history("abc"), (std::vector<std::string>{"1", "2", "3"}));
}

TEST_F(WriteThroughTest, MoreTurnsThanOneLookReadsAreSettled) {
  chat("abc", "first");
  take_the_cache_away();
  const int turns = static_cast<int>(kUnsettledAtOnce) + 20;
  for (int i = 0; i < turns; ++i) ASSERT_TRUE(chat("abc", "question"));
  bring_the_cache_back();
  sync();
  EXPECT_EQ(stored_seqs("abc"), one_to(turns + 1));
}

TEST_F(WriteThroughTest, SettlingThatBreaksOffIsTakenUpWithTheSameNumbers) {
  chat("abc", "1");
  take_the_cache_away();
  chat("abc", "2");
  bring_the_cache_back();
  // The cache numbers the turn; the store does not get to commit it.
  auto stored = test::run_coroutine(io, store.load("abc", kHistoryTurns));
  ASSERT_TRUE(stored);
  const auto numbered =
      test::run_coroutine(io, cache.seed({.session = (*stored)->session, .unsettled = (*stored)->unsettled}));
  ASSERT_EQ(numbered->size(), 1U);
  EXPECT_EQ(chat("abc", "3")->question_count, 3);
  sync();
  EXPECT_EQ(stored_seqs("abc"), one_to(3));
}

TEST_F(WriteThroughTest, WithCacheAndStoreGoneNothingIsAccepted) {
  take_the_cache_away();
  store.outage = store_down();
  const auto reply = chat("abc", "hello");
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, ErrorKind::unavailable);
  EXPECT_EQ(metrics.turns_accepted.value(), 0U);
}

TEST_F(WriteThroughTest, AnErasedSessionIsNotBroughtBackByTheStore) {
  chat("abc", "1");
  sync();
  ASSERT_TRUE(test::run_coroutine(io, service.erase_session("abc")));
  take_the_cache_away();
  const auto reply = chat("abc", "2");
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, ErrorKind::gone);
}

TEST_F(WriteThroughTest, ARequestWithoutAReplyIsNotGivenToTheStoreAsWell) {
  cache.outage = Error{.kind = ErrorKind::outcome_unknown, .message = "no reply"};
  const auto reply = chat("abc", "hello");
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, ErrorKind::outcome_unknown);
  EXPECT_TRUE(store.rows.empty());
}

TEST_F(WriteThroughTest, ReadersSeeWhatTheStoreHasAndSayThatItIsPart) {
  chat("abc", "1");
  sync();
  chat("abc", "2");
  take_the_cache_away();
  chat("abc", "3");
  const auto messages = test::run_coroutine(io, service.messages("abc", {.limit = 10}));
  ASSERT_TRUE(messages) << messages.error().message;
  ASSERT_EQ(messages->turns.size(), 2U);
  EXPECT_EQ(messages->turns.back().question, "3");
  EXPECT_TRUE(messages->partial);
  const auto stats = test::run_coroutine(io, service.stats("abc"));
  ASSERT_TRUE(stats);
  EXPECT_EQ(stats->session.question_count, 2);
  EXPECT_TRUE(stats->partial);
}

TEST_F(WriteThroughTest, ASessionCanBeCreatedWithoutTheCache) {
  take_the_cache_away();
  const auto created =
      test::run_coroutine(io, service.create_session({.session_id = "abc", .title = "A title"}));
  ASSERT_TRUE(created) << created.error().message;
  bring_the_cache_back();
  EXPECT_EQ(chat("abc", "1")->question_count, 1);
  EXPECT_EQ(test::run_coroutine(io, service.session("abc"))->title, "A title");
}

TEST_F(WriteThroughTest, ACacheThatComesBackOlderGoesOnAboveTheStore) {
  for (const char* message : {"1", "2"}) chat("abc", message);
  const auto older = cache.sessions;
  for (const char* message : {"3", "4"}) chat("abc", message);
  sync();
  cache.sessions = older;
  cache.lineage_now = 2;
  const auto next = chat("abc", "5");
  ASSERT_TRUE(next);
  EXPECT_EQ(next->question_count, 5);
  EXPECT_GT(next->created_at_us, store.rows.rbegin()->first.second) << "its time stamp is taken";
  sync();
  EXPECT_EQ(stored_seqs("abc"), one_to(5));
  EXPECT_TRUE(store.dead_letters.empty());
}

TEST_F(WriteThroughTest, ACacheThatCameBackIsNotUsedWhileTheStoreCannotBeAsked) {
  chat("abc", "1");
  cache.lineage_now = 2;
  store.outage = store_down();
  const auto reply = chat("abc", "2");
  ASSERT_FALSE(reply) << "its count may be older than the store's";
  EXPECT_EQ(reply.error().code, "store_unavailable");
}

TEST_F(WriteThroughTest, TurnsClaimedFromACacheThatCameBackWithoutThemGetOtherNumbers) {
  cache.lineage_now = 1;
  sync();
  chat("abc", "claimed");
  sync::Gate gate(io);
  store.before_write = gate.hold();
  auto report = std::make_shared<std::optional<sync::DrainReport>>();
  boost::asio::co_spawn(io, service.sync_now(), [report](const std::exception_ptr&, sync::DrainReport done) {
    *report = std::move(done);
  });
  settle();
  ASSERT_EQ(gate.arrived(), 1) << "the drain holds the turn, and the store has not seen it";

  cache.sessions.clear();
  cache.lineage_now = 2;
  EXPECT_EQ(chat("abc", "next")->question_count, 1) << "neither cache nor store knows of the other";
  store.before_write = nullptr;
  gate.open();
  settle();
  ASSERT_TRUE(report->has_value());
  EXPECT_FALSE((*report)->failure) << (*report)->failure->message;
  EXPECT_EQ(store.rows.size(), 2U);
  Numbers seqs = stored_seqs("abc");
  std::ranges::sort(seqs);
  EXPECT_EQ(seqs, one_to(2));
  EXPECT_EQ(cache.sessions["abc"].session.question_count, 2);
  EXPECT_TRUE(store.dead_letters.empty());
}

TEST_F(WriteThroughTest, TurnsOfACacheThatOthersHaveLeftAreRescued) {
  cache.lineage_now = 1;
  sync();
  chat("abc", "1");
  chat("abc", "2");
  ASSERT_TRUE(
      *test::run_coroutine(io, store.admit_lineage(9, 1)));  // By another instance, for another cache.
  sync();
  EXPECT_EQ(store.rows.size(), 2U);
  EXPECT_EQ(store.unsettled["abc"].size(), 2U) << "the other cache is to number them";
  EXPECT_EQ(pending_turns(), 0U);
  const auto reply = chat("abc", "3");
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->durability, Durability::synced) << "the cache at hand takes no more turns";
}

TEST_F(WriteThroughTest, ARescuedTurnThatTheStoreRefusesIsKeptAsADeadLetter) {
  cache.lineage_now = 1;
  sync();
  chat("abc", "good");
  chat("abc", "bad");
  store.refuses = [](const Turn& turn) { return turn.question == "bad"; };
  ASSERT_TRUE(*test::run_coroutine(io, store.admit_lineage(9, 1)));
  sync();
  EXPECT_EQ(store.rows.size(), 1U);
  ASSERT_EQ(store.dead_letters.size(), 1U) << "the turn is neither stored nor kept";
  EXPECT_EQ(store.dead_letters.front().error_code, "1366");
}

TEST_F(WriteThroughTest, ARescuedTurnThatTheOtherCacheHasKeepsTheNumberItHasThere) {
  cache.lineage_now = 1;
  sync();
  chat("abc", "1");
  chat("abc", "2");
  const auto replicated = cache.sessions;
  ASSERT_TRUE(*test::run_coroutine(io, store.admit_lineage(9, 1)));
  sync();
  cache.sessions = replicated;
  cache.lineage_now = 9;
  EXPECT_EQ(chat("abc", "3")->question_count, 3);
  sync();
  EXPECT_EQ(stored_seqs("abc"), one_to(3));
  EXPECT_TRUE(store.unsettled["abc"].empty());
  EXPECT_TRUE(store.dead_letters.empty());
}

TEST_F(WriteThroughTest, PastTheBacklogsLimitNothingIsAccepted) {
  sync::Synchronizer small(io.get_executor(), cache, cache, store, clock, {.limits = {.turns = 2}});
  small.trust().grant(0, small.trust().epoch());
  ChatService limited(cache, store, letters, echo, small, clock, metrics, IdGenerator(2));
  const auto ask = [&] {
    return test::run_coroutine(io, limited.chat({.session_id = "abc", .message = "hello"}));
  };
  ASSERT_TRUE(ask());
  ASSERT_TRUE(ask());
  const auto refused = ask();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::overloaded);
  EXPECT_EQ(refused.error().code, "backlog_full");
  EXPECT_EQ(pending_turns(), 2U);
  ASSERT_FALSE(test::run_coroutine(io, small.sync_now()).failure);
  EXPECT_TRUE(ask()) << "a drain has made room";
}

}  // namespace
}  // namespace chatsync::service
