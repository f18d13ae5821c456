// The whole program while its cache is away, and afterwards; on each pair of cache and store.
#include "contract/system_contract.hpp"

namespace chatsync::test {
namespace {

using service::ChatReply;
using service::Durability;

class SystemOutage : public SystemContract {
 protected:
  void take_the_cache_away() {
    cache().outage = pending().acknowledge_failure =
        Error{ErrorKind::unavailable, "the cache is away", {}, {}};
  }
  void bring_the_cache_back() {
    cache().outage.reset();
    pending().acknowledge_failure.reset();
  }
  void drain() {
    const sync::DrainReport report = sync_now();
    ASSERT_FALSE(report.failure) << report.failure->message;
  }

  std::string unsettled() { return store_rig().select("SELECT COUNT(*) FROM unsettled_turns").at(0); }
  std::string dead_letters() { return store_rig().select("SELECT COUNT(*) FROM dead_letters").at(0); }
};

TEST_P(SystemOutage, TurnsGoStraightToTheStore) {
  chat_numbers("s", 1, 2);
  drain();
  take_the_cache_away();
  const ChatReply reply = chat("s", "question 3");
  EXPECT_EQ(reply.durability, Durability::synced);
  EXPECT_EQ(reply.question_count, 3);
  EXPECT_TRUE(reply.provisional_count);
  EXPECT_EQ(stored_seqs("s"), seqs(1, 3));
}

TEST_P(SystemOutage, ASessionBegunMeanwhileGoesOnAfterwards) {
  take_the_cache_away();
  const ChatReply first = ok(service().chat({.message = "question 1"}));
  EXPECT_FALSE(first.provisional_count);
  const ChatReply second = chat(first.session_id, "question 2");
  EXPECT_EQ(second.question_count, 2);
  EXPECT_TRUE(second.provisional_count) << "another instance may have reached the cache meanwhile";
  bring_the_cache_back();
  EXPECT_EQ(chat(first.session_id, "question 3").question_count, 3);
  drain();
  EXPECT_EQ(stored_seqs(first.session_id), seqs(1, 3));
}

TEST_P(SystemOutage, ItsTurnsAreNumberedAfterThoseThatWerePending) {
  chat_numbers("s", 1, 4);
  take_the_cache_away();
  chat_numbers("s", 5, 8);
  bring_the_cache_back();
  const ChatReply next = chat("s", "question 9");
  EXPECT_EQ(next.question_count, 9);
  EXPECT_FALSE(next.provisional_count);
  drain();
  EXPECT_EQ(stored_seqs("s"), seqs(1, 9));
  EXPECT_EQ(questions("s"), numbered(1, 9));
  EXPECT_EQ(questions("s", {.limit = 9}), numbered(1, 9)) << "the cached history lacks something";
  EXPECT_EQ(unsettled(), "0");
  EXPECT_EQ(dead_letters(), "0");
}

TEST_P(SystemOutage, ADrainSettlesSessionsThatNobodyAsksFor) {
  chat_numbers("a", 1, 3);
  chat_numbers("b", 1, 1);
  take_the_cache_away();
  chat_numbers("a", 4, 5);
  chat_numbers("b", 2, 2);
  chat_numbers("c", 1, 2);
  bring_the_cache_back();
  drain();
  EXPECT_EQ(stored_seqs("a"), seqs(1, 5));
  EXPECT_EQ(stored_seqs("b"), seqs(1, 2));
  EXPECT_EQ(stored_seqs("c"), seqs(1, 2));
  EXPECT_EQ(ok(service().stats("a")).question_count_cache, 5);
  EXPECT_EQ(ok(service().stats("a")).question_count_store, 5);
  EXPECT_EQ(unsettled(), "0");
}

TEST_P(SystemOutage, OutageAfterOutageTheNumbersGoOn) {
  int last = 0;
  for (int outage = 0; outage < 4; ++outage) {
    chat_numbers("s", last + 1, last + 3);
    take_the_cache_away();
    chat_numbers("s", last + 4, last + 5);
    bring_the_cache_back();
    last += 5;
    if (outage % 2 == 1) drain();
  }
  drain();
  EXPECT_EQ(stored_seqs("s"), seqs(1, last));
  EXPECT_EQ(questions("s"), numbered(1, last));
}

TEST_P(SystemOutage, ACacheThatLosesEverythingGoesOnFromTheStore) {
  chat_numbers("s", 1, 3);
  drain();
  take_the_cache_away();
  chat_numbers("s", 4, 5);
  bring_the_cache_back();
  empty_the_cache();
  cache().other_lineage = 77;
  EXPECT_EQ(chat("s", "question 6").question_count, 6);
  drain();
  EXPECT_EQ(stored_seqs("s"), seqs(1, 6));
  EXPECT_EQ(questions("s"), numbered(1, 6));
}

TEST_P(SystemOutage, ARestartInMidOutageForgetsNothing) {
  chat_numbers("s", 1, 2);
  take_the_cache_away();
  chat_numbers("s", 3, 4);
  bring_the_cache_back();
  restart();
  drain();
  EXPECT_EQ(stored_seqs("s"), seqs(1, 4));
  EXPECT_EQ(chat("s", "question 5").question_count, 5);
}

TEST_P(SystemOutage, ReadersGetWhatTheStoreHasAndAreToldThatItIsPart) {
  chat_numbers("s", 1, 2);
  drain();
  take_the_cache_away();
  chat_numbers("s", 3, 3);
  EXPECT_EQ(questions("s"), numbered(1, 3));
  EXPECT_TRUE(messages("s").partial);
  EXPECT_EQ(ok(service().session("s")).question_count, 3);
  bring_the_cache_back();
  EXPECT_FALSE(messages("s").partial);
}

TEST_P(SystemOutage, WithBothGoneNothingIsAccepted) {
  chat_numbers("s", 1, 1);
  take_the_cache_away();
  store().outage = Error{ErrorKind::unavailable, "the store is away", {}, {}};
  const auto reply = await(service().chat({.session_id = "s", .message = "question 2"}));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, ErrorKind::unavailable);
  bring_the_cache_back();
  store().outage.reset();
  EXPECT_EQ(chat("s", "question 2").question_count, 2);
}

INSTANTIATE_TEST_SUITE_P(Contract, SystemOutage, every_combination(), combination_name);

}  // namespace
}  // namespace chatsync::test
