// Draining, over every cache and every store.
#include <boost/asio/post.hpp>
#include <set>

#include "contract/system_contract.hpp"

namespace chatsync::test {
namespace {

using service::ChatReply;
using service::Durability;

const Error kOutage{.kind = ErrorKind::unavailable, .message = "the store is down"};

class SystemSync : public SystemContract {};

TEST_P(SystemSync, MovesEveryAcceptedTurnAndCountsThem) {
  chat_numbers("a", 1, 45);
  chat_numbers("b", 1, 3);
  const sync::DrainReport report = sync_now();
  EXPECT_FALSE(report.failure.has_value());
  EXPECT_EQ(report.synced, 48);
  EXPECT_EQ(report.dead_lettered, 0);
  EXPECT_EQ(stored_seqs("a"), seqs(1, 45));
  EXPECT_EQ(stored_seqs("b"), seqs(1, 3));
  EXPECT_EQ(ok(service().stats("a")).pending, 0);
  EXPECT_EQ(sync_now().synced, 0);
}

/// Accepts turns one after the other and notes their ids.
AsyncResult<void> write_turns(service::ChatService* service, std::string session_id, std::size_t turns,
                              std::vector<std::string>* acknowledged) {
  for (std::size_t i = 0; i < turns; ++i) {
    const Result<ChatReply> reply =
        co_await service->chat({.session_id = session_id, .user_id = "ann", .message = "hello"});
    if (!reply) co_return std::unexpected(reply.error());
    acknowledged->push_back(reply->turn_id);
  }
  co_return Result<void>();
}

/// Calls sync_now each time `stride` more turns have been accepted, and each time finds all turns in the
/// store that had been accepted before the call.
AsyncResult<void> sync_at_every(std::size_t stride, std::size_t turns, service::ChatService* service,
                                StoreRig* store, const std::vector<std::string>* acknowledged) {
  for (std::size_t next = stride; next < turns; next += stride) {
    while (acknowledged->size() < next) co_await boost::asio::post(boost::asio::use_awaitable);
    const std::vector<std::string> before(*acknowledged);
    const sync::DrainReport report = co_await service->sync_now();
    if (report.failure) co_return std::unexpected(*report.failure);
    const std::vector<std::string> ids = store->select("SELECT turn_id FROM chat_messages");
    const std::set<std::string> stored(ids.begin(), ids.end());
    for (const std::string& turn_id : before) EXPECT_TRUE(stored.contains(turn_id)) << turn_id;
  }
  co_return Result<void>();
}

TEST_P(SystemSync, IsABarrierUnderConcurrentWriters) {
  constexpr std::size_t kWriters = 6;
  constexpr std::size_t kTurnsEach = 60;
  std::vector<std::string> acknowledged;
  std::vector<AsyncResult<void>> tasks;
  for (std::size_t writer = 0; writer < kWriters; ++writer) {
    tasks.push_back(write_turns(&service(), fmt::format("s{}", writer % 3), kTurnsEach, &acknowledged));
  }
  // Different strides, so that a call falls into the middle of another's drain.
  for (const std::size_t stride : {17U, 29U, 41U}) {
    tasks.push_back(sync_at_every(stride, kWriters * kTurnsEach, &service(), &store_rig(), &acknowledged));
  }
  for (const auto& result : all(std::move(tasks))) ASSERT_TRUE(result.has_value()) << result.error().message;

  EXPECT_FALSE(sync_now().failure.has_value());
  for (int s = 0; s < 3; ++s)
    EXPECT_EQ(stored_seqs(fmt::format("s{}", s)), seqs(1, static_cast<int>(2 * kTurnsEach)));
}

TEST_P(SystemSync, ConcurrentCallsCountEachTurnOnceBetweenThem) {
  chat_numbers("s", 1, 30);
  std::vector<AsyncResult<sync::DrainReport>> calls;
  for (int i = 0; i < 8; ++i) {
    calls.push_back([](service::ChatService* service) -> AsyncResult<sync::DrainReport> {
      co_return co_await service->sync_now();
    }(&service()));
  }
  for (const auto& report : all(std::move(calls))) EXPECT_FALSE(report->failure.has_value());
  EXPECT_EQ(stored_seqs("s"), seqs(1, 30));
  EXPECT_EQ(sync_now().synced, 0);
}

TEST_P(SystemSync, AStoreThatIsDownLeavesEverythingPending) {
  chat_numbers("s", 1, 3);
  store().outage = kOutage;
  chat_numbers("s", 4, 5);
  const sync::DrainReport failed = sync_now();
  ASSERT_TRUE(failed.failure.has_value());
  EXPECT_EQ(failed.failure->message, kOutage.message);
  EXPECT_EQ(failed.pending, 5);
  EXPECT_EQ(failed.synced, 0);

  store().outage.reset();
  EXPECT_EQ(sync_now().synced, 5);
  EXPECT_EQ(stored_seqs("s"), seqs(1, 5));
}

TEST_P(SystemSync, ACommitWhoseReplyWasLostIsStoredOnce) {
  chat_numbers("s", 1, 5);
  store().lose_commit_replies = true;
  const sync::DrainReport failed = sync_now();
  EXPECT_TRUE(failed.failure.has_value());
  EXPECT_EQ(failed.pending, 5);
  store().lose_commit_replies = false;
  const sync::DrainReport report = sync_now();
  EXPECT_FALSE(report.failure.has_value());
  EXPECT_EQ(report.dead_lettered, 0);
  EXPECT_EQ(stored_seqs("s"), seqs(1, 5));
}

TEST_P(SystemSync, AnAcknowledgementThatFailedIsMadeUpForByTheNextDrain) {
  chat_numbers("s", 1, 5);
  pending().acknowledge_failure = Error{.kind = ErrorKind::unavailable, .message = "the cache is down"};
  EXPECT_TRUE(sync_now().failure.has_value());
  EXPECT_EQ(stored_seqs("s"), seqs(1, 5));
  pending().acknowledge_failure.reset();
  chat_numbers("s", 6, 6);
  EXPECT_EQ(sync_now().synced, 6);
  EXPECT_EQ(stored_seqs("s"), seqs(1, 6));
}

TEST_P(SystemSync, ABadTurnIsPutAsideAndBlocksNobody) {
  chat_numbers("good", 1, 9);
  chat("bad", "fine");
  chat("bad", "poison");
  chat("bad", "fine again");
  store().refuses = [](const Turn& turn) { return turn.question == "poison"; };
  const sync::DrainReport report = sync_now();
  EXPECT_FALSE(report.failure.has_value());
  EXPECT_EQ(report.synced, 11);
  EXPECT_EQ(report.dead_lettered, 1);
  EXPECT_EQ(stored_seqs("good"), seqs(1, 9));
  EXPECT_EQ(stored_seqs("bad"), (std::vector<std::string>{"1", "3"}));
  EXPECT_EQ(ok(service().stats("bad")).pending, 0);
  EXPECT_EQ(store_rig().select("SELECT session_id FROM dead_letters"), std::vector<std::string>{"bad"});
}

TEST_P(SystemSync, WhatWasPendingAtTheEndIsSyncedAfterARestart) {
  chat_numbers("s", 1, 12);
  restart();
  EXPECT_EQ(sync_now().synced, 12);
  EXPECT_EQ(stored_seqs("s"), seqs(1, 12));
}

TEST_P(SystemSync, AReplyThatPromisesSyncedComesAfterTheCommit) {
  const ChatReply reply = chat("s", "question 1", Durability::synced);
  EXPECT_EQ(reply.durability, Durability::synced);
  EXPECT_EQ(store_rig().select("SELECT turn_id FROM chat_messages"), std::vector<std::string>{reply.turn_id});
  EXPECT_EQ(ok(service().stats("s")).pending, 0);
  EXPECT_EQ(sync_now().synced, 0);
}

TEST_P(SystemSync, ManySyncedRepliesShareTheirCommits) {
  std::vector<AsyncResult<ChatReply>> requests;
  for (int i = 0; i < 50; ++i) {
    requests.push_back(service().chat({.session_id = fmt::format("s{}", i % 5),
                                       .user_id = "ann",
                                       .message = "hello",
                                       .durability = Durability::synced}));
  }
  for (const auto& reply : all(std::move(requests))) ASSERT_TRUE(reply.has_value()) << reply.error().message;
  for (int s = 0; s < 5; ++s) EXPECT_EQ(stored_seqs(fmt::format("s{}", s)), seqs(1, 10));
  EXPECT_EQ(sync_now().synced, 0);
}

TEST_P(SystemSync, ATurnThatCouldNotBeCommittedAtOnceIsRecordedAllTheSame) {
  chat("s", "question 1");
  store().outage = kOutage;
  const Result<ChatReply> reply = await(service().chat(
      {.session_id = "s", .user_id = "ann", .message = "question 2", .durability = Durability::synced}));
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().code, "recorded_not_synced");
  store().outage.reset();
  EXPECT_EQ(sync_now().synced, 2);
  EXPECT_EQ(stored_seqs("s"), seqs(1, 2));
}

TEST_P(SystemSync, ASyncedTurnTakesNoTitleAndNoOwnerAway) {
  ok(service().create_session({.session_id = "s", .user_id = "bob", .title = "A title"}));
  chat("s", "question 1", Durability::synced);
  sync_now();
  EXPECT_EQ(store_rig().select("SELECT title FROM chat_sessions"), std::vector<std::string>{"A title"});
  EXPECT_EQ(store_rig().select("SELECT user_id FROM chat_sessions"), std::vector<std::string>{"bob"});
}

TEST_P(SystemSync, TheSameWordsTwiceAreTwoRows) {
  chat("s", "the same");
  chat("s", "the same");
  sync_now();
  EXPECT_EQ(stored_seqs("s"), seqs(1, 2));
}

TEST_P(SystemSync, TextsReachTheStoreByteForByte) {
  const std::vector<std::string> texts = awkward_texts();
  for (const std::string& text : texts) chat("s", text);
  sync_now();
  empty_the_cache();
  const std::vector<Turn> turns = messages("s").turns;
  ASSERT_EQ(turns.size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(turns[i].question, texts[i]);
    EXPECT_EQ(turns[i].answer, "Echo: " + texts[i]);
  }
}

INSTANTIATE_TEST_SUITE_P(Contract, SystemSync, every_combination(), combination_name);

}  // namespace
}  // namespace chatsync::test
