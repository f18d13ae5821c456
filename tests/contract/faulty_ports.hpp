#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "chat/pending_turns.hpp"
#include "chat/turn_cache.hpp"
#include "chat/turn_store.hpp"

namespace chatsync::test {

/// A real store whose failures are switched on by its public members.
class FaultyStore final : public TurnStore {
 public:
  explicit FaultyStore(std::function<TurnStore&()> store) : store_(std::move(store)) {}

  std::optional<Error> outage;       ///< Set: every call fails with it before it does anything.
  bool lose_commit_replies = false;  ///< Writes take effect, but the caller does not get to know.
  /// A batch that holds such a turn is rejected as a whole.
  std::function<bool(const Turn&)> refuses = [](const Turn&) { return false; };

  AsyncResult<WriteOutcome> write(SharedBatch batch) override {
    if (outage) co_return std::unexpected(*outage);
    for (const PendingTurn& pending : batch->turns) {
      if (refuses(pending.turn)) co_return fail(ErrorKind::rejected, "refused by the store", "1366");
    }
    Result<WriteOutcome> outcome = co_await store_().write(batch);
    if (outcome && lose_commit_replies) {
      co_return fail(ErrorKind::outcome_unknown, "the connection was lost during COMMIT");
    }
    co_return outcome;
  }
  AsyncResult<std::optional<StoredSession>> load(std::string session_id, std::size_t recent) override {
    if (outage) co_return std::unexpected(*outage);
    co_return co_await store_().load(std::move(session_id), recent);
  }
  AsyncResult<std::vector<Turn>> turns(std::string session_id, TurnPage page) override {
    if (outage) co_return std::unexpected(*outage);
    co_return co_await store_().turns(std::move(session_id), page);
  }
  AsyncResult<std::optional<Turn>> find_turn(std::string turn_id) override {
    if (outage) co_return std::unexpected(*outage);
    co_return co_await store_().find_turn(std::move(turn_id));
  }
  AsyncResult<std::int64_t> count_turns(std::string session_id) override {
    if (outage) co_return std::unexpected(*outage);
    co_return co_await store_().count_turns(std::move(session_id));
  }
  AsyncResult<std::vector<Session>> sessions_of(std::string user_id, SessionPage page) override {
    if (outage) co_return std::unexpected(*outage);
    co_return co_await store_().sessions_of(std::move(user_id), std::move(page));
  }
  AsyncResult<std::size_t> erase(std::string session_id, std::int64_t accepted) override {
    if (outage) co_return std::unexpected(*outage);
    co_return co_await store_().erase(std::move(session_id), accepted);
  }
  AsyncResult<std::vector<Result<AppendOutcome>>> append(
      std::shared_ptr<const std::vector<DirectTurn>> turns) override {
    if (outage) co_return std::unexpected(*outage);
    co_return co_await store_().append(std::move(turns));
  }
  AsyncResult<std::vector<std::string>> unsettled_sessions(std::string after, std::size_t limit) override {
    if (outage) co_return std::unexpected(*outage);
    co_return co_await store_().unsettled_sessions(std::move(after), limit);
  }
  AsyncResult<void> settle(std::string session_id, std::vector<SettledTurn> turns,
                           std::uint64_t lineage) override {
    if (outage) co_return std::unexpected(*outage);
    co_return co_await store_().settle(std::move(session_id), std::move(turns), lineage);
  }
  AsyncResult<std::uint64_t> admitted_lineage() override {
    if (outage) co_return std::unexpected(*outage);
    co_return co_await store_().admitted_lineage();
  }
  AsyncResult<bool> admit_lineage(std::uint64_t lineage, std::uint64_t expected) override {
    if (outage) co_return std::unexpected(*outage);
    co_return co_await store_().admit_lineage(lineage, expected);
  }
  AsyncResult<std::vector<SessionCount>> counts_of(std::vector<std::string> session_ids) override {
    if (outage) co_return std::unexpected(*outage);
    co_return co_await store_().counts_of(std::move(session_ids));
  }
  AsyncResult<bool> knows_lineage(std::uint64_t lineage) override {
    if (outage) co_return std::unexpected(*outage);
    co_return co_await store_().knows_lineage(lineage);
  }
  AsyncResult<void> note_lineage(std::uint64_t lineage) override {
    if (outage) co_return std::unexpected(*outage);
    co_return co_await store_().note_lineage(lineage);
  }
  AsyncResult<void> ping() override {
    if (outage) co_return std::unexpected(*outage);
    co_return co_await store_().ping();
  }
  std::string kind() const override { return store_().kind(); }

 private:
  std::function<TurnStore&()> store_;
};

/// The request side of a real cache that can be taken away, as if its server were gone.
class FaultyCache final : public TurnCache {
 public:
  explicit FaultyCache(std::function<TurnCache&()> cache) : cache_(std::move(cache)) {}

  std::optional<Error> outage;  ///< Set: every call fails with it before it does anything.
  std::optional<std::uint64_t> other_lineage;

  AsyncResult<RecordOutcome> record(const Turn* turn, SessionPresence presence) override {
    if (outage) co_return std::unexpected(*outage);
    co_return co_await cache_().record(turn, presence);
  }
  AsyncResult<std::vector<SettledTurn>> seed(SessionSeed seed) override {
    if (outage) co_return std::unexpected(*outage);
    co_return co_await cache_().seed(std::move(seed));
  }
  AsyncResult<void> forget_settled(std::string session_id, std::vector<std::int64_t> timestamps_us) override {
    if (outage) co_return std::unexpected(*outage);
    co_return co_await cache_().forget_settled(std::move(session_id), std::move(timestamps_us));
  }
  std::uint64_t lineage() const override { return other_lineage.value_or(cache_().lineage()); }
  AsyncResult<bool> create(Session session) override {
    if (outage) co_return std::unexpected(*outage);
    co_return co_await cache_().create(std::move(session));
  }
  AsyncResult<std::optional<CachedSession>> find(std::string session_id) override {
    if (outage) co_return std::unexpected(*outage);
    co_return co_await cache_().find(std::move(session_id));
  }
  AsyncResult<Session> own_data(std::string session_id) override {
    if (outage) co_return std::unexpected(*outage);
    co_return co_await cache_().own_data(std::move(session_id));
  }
  AsyncResult<std::vector<Turn>> history(std::string session_id) override {
    if (outage) co_return std::unexpected(*outage);
    co_return co_await cache_().history(std::move(session_id));
  }
  AsyncResult<std::vector<Turn>> pending(std::string session_id, TurnPage page) override {
    if (outage) co_return std::unexpected(*outage);
    co_return co_await cache_().pending(std::move(session_id), page);
  }
  AsyncResult<std::vector<Session>> unsynced_sessions_of(std::string user_id) override {
    if (outage) co_return std::unexpected(*outage);
    co_return co_await cache_().unsynced_sessions_of(std::move(user_id));
  }
  std::string pending_key(const std::string& session_id, std::int64_t timestamp_us) const override {
    return cache_().pending_key(session_id, timestamp_us);
  }
  AsyncResult<std::size_t> erase(std::string session_id) override {
    if (outage) co_return std::unexpected(*outage);
    co_return co_await cache_().erase(std::move(session_id));
  }
  AsyncResult<CacheHealth> health() override {
    if (outage) co_return std::unexpected(*outage);
    co_return co_await cache_().health();
  }
  std::string kind() const override { return cache_().kind(); }

 private:
  std::function<TurnCache&()> cache_;
};

/// The drain side of a real cache, whose acknowledgements can be made to fail before they do anything.
class FaultyPending final : public PendingTurns {
 public:
  explicit FaultyPending(std::function<PendingTurns&()> pending) : pending_(std::move(pending)) {}

  std::optional<Error> acknowledge_failure;

  std::unique_ptr<PendingPass> begin_pass(PassKind kind) override { return pending_().begin_pass(kind); }
  AsyncResult<std::size_t> acknowledge(SharedBatch batch) override {
    if (acknowledge_failure) co_return std::unexpected(*acknowledge_failure);
    co_return co_await pending_().acknowledge(std::move(batch));
  }
  AsyncResult<std::size_t> count_pending() override { return pending_().count_pending(); }
  AsyncResult<std::optional<std::int64_t>> oldest_pending_us() override {
    return pending_().oldest_pending_us();
  }
  std::unique_ptr<SessionWalk> walk_sessions() override { return pending_().walk_sessions(); }

 private:
  std::function<PendingTurns&()> pending_;
};

}  // namespace chatsync::test
