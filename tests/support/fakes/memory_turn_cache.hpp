#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "chat/pending_turns.hpp"
#include "chat/turn_cache.hpp"
#include "chat/turn_stamp.hpp"

namespace chatsync::test {

/// Both sides of the cache in memory, for one thread. Failures are switched on by its public members.
class MemoryTurnCache final : public TurnCache, public PendingTurns {
 public:
  /// Set: every call of the request side fails with it and changes nothing.
  std::optional<Error> outage;
  /// Set: passes and acknowledgements fail with it.
  std::optional<Error> drain_outage;
  /// Awaited by record() before it does anything; lets a test hold a record under way.
  std::function<boost::asio::awaitable<void>()> before_record;
  /// Called by record() when it has recorded; lets a test change what the cache does from then on.
  std::function<void()> after_record;

  struct State {
    Session session;
    std::vector<Turn> history;
    std::map<std::int64_t, Turn> pending;
    std::int64_t last_timestamp_us = 0;
    bool unsynced = false;
    std::int64_t settled_us = 0;                       ///< No later turn was settled.
    std::map<std::int64_t, SettledTurn> settled = {};  ///< By time stamp, until forgotten.
  };
  std::map<std::string, State> sessions;
  std::set<std::string> erased;
  std::vector<PassKind> passes;
  std::size_t batches_read = 0;
  std::uint64_t lineage_now = 0;

  AsyncResult<RecordOutcome> record(const Turn* recorded, SessionPresence presence) override {
    if (before_record) co_await before_record();
    Turn turn = *recorded;
    if (outage) co_return std::unexpected(*outage);
    const bool may_be_new = presence == SessionPresence::known_new && !erased.contains(turn.session_id);
    if (!may_be_new && !sessions.contains(turn.session_id)) {
      co_return RecordOutcome{.session_missing = true};
    }
    State& state = sessions[turn.session_id];
    if (state.session.session_id.empty()) {
      state.session = {
          .session_id = turn.session_id, .user_id = turn.user_id, .created_at_us = turn.timestamp_us};
    }
    turn.timestamp_us = cache_stamp(turn.timestamp_us, state.last_timestamp_us);
    turn.seq = ++state.session.question_count;
    state.last_timestamp_us = state.session.updated_at_us = turn.timestamp_us;
    state.history.push_back(turn);
    if (state.history.size() > kHistoryTurns) state.history.erase(state.history.begin());
    const RecordOutcome outcome{.question_count = *turn.seq, .timestamp_us = turn.timestamp_us};
    state.pending.emplace(turn.timestamp_us, std::move(turn));
    if (after_record) after_record();
    co_return outcome;
  }

  AsyncResult<std::vector<SettledTurn>> seed(SessionSeed seed) override {
    if (outage) co_return std::unexpected(*outage);
    if (erased.contains(seed.session.session_id)) co_return std::vector<SettledTurn>();
    const auto [place, inserted] = sessions.try_emplace(seed.session.session_id);
    State& state = place->second;
    if (inserted) state.session = seed.session;
    if (inserted || state.session.question_count < seed.session.question_count) {
      state.session.question_count = seed.session.question_count;
      state.history = seed.recent;
      if (!seed.recent.empty()) note_time(state, seed.recent.back().timestamp_us);
    }
    std::vector<SettledTurn> settled;
    for (Turn& turn : seed.unsettled) {
      const std::int64_t stored_us = turn.timestamp_us;
      if (stored_us > state.settled_us && !is_pending(state, turn))
        number(state, turn, seed.session.updated_at_us);
      const auto found = state.settled.find(stored_us);
      if (found != state.settled.end()) settled.push_back(found->second);
    }
    co_return settled;
  }

  AsyncResult<void> forget_settled(std::string session_id, std::vector<std::int64_t> timestamps_us) override {
    if (outage) co_return std::unexpected(*outage);
    const auto found = sessions.find(session_id);
    if (found == sessions.end()) co_return Result<void>();
    for (const std::int64_t timestamp_us : timestamps_us) found->second.settled.erase(timestamp_us);
    co_return Result<void>();
  }

  std::uint64_t lineage() const override { return lineage_now; }

  AsyncResult<bool> create(Session session) override {
    if (outage) co_return std::unexpected(*outage);
    if (erased.contains(session.session_id)) co_return false;
    const auto [place, inserted] = sessions.try_emplace(session.session_id);
    if (inserted) {
      place->second.session = std::move(session);
      place->second.unsynced = true;
    }
    co_return inserted;
  }

  AsyncResult<std::optional<CachedSession>> find(std::string session_id) override {
    if (outage) co_return std::unexpected(*outage);
    const auto found = sessions.find(session_id);
    if (found == sessions.end()) co_return std::nullopt;
    co_return CachedSession{.session = found->second.session,
                            .history_length = found->second.history.size(),
                            .pending = found->second.pending.size()};
  }

  AsyncResult<Session> own_data(std::string session_id) override {
    if (outage) co_return std::unexpected(*outage);
    const auto found = sessions.find(session_id);
    co_return found == sessions.end() ? Session{.session_id = std::move(session_id)} : found->second.session;
  }

  AsyncResult<std::vector<Turn>> history(std::string session_id) override {
    if (outage) co_return std::unexpected(*outage);
    const auto found = sessions.find(session_id);
    co_return found == sessions.end() ? std::vector<Turn>() : found->second.history;
  }

  AsyncResult<std::vector<Turn>> pending(std::string session_id, TurnPage page) override {
    if (outage) co_return std::unexpected(*outage);
    std::vector<Turn> found;
    for (const auto& [timestamp, turn] : sessions[session_id].pending) {
      const bool outside =
          (page.before_us && timestamp >= *page.before_us) || (page.after_us && timestamp <= *page.after_us);
      if (!outside) found.push_back(turn);
    }
    if (found.size() > page.limit) {
      const auto excess = static_cast<std::ptrdiff_t>(found.size() - page.limit);
      page.after_us ? found.erase(found.end() - excess, found.end())
                    : found.erase(found.begin(), found.begin() + excess);
    }
    if (sessions[session_id].session.session_id.empty()) sessions.erase(session_id);
    co_return found;
  }

  AsyncResult<std::vector<Session>> unsynced_sessions_of(std::string user_id) override {
    if (outage) co_return std::unexpected(*outage);
    std::vector<Session> found;
    for (const auto& [id, state] : sessions) {
      if (state.session.user_id == user_id && (state.unsynced || !state.pending.empty()))
        found.push_back(state.session);
    }
    co_return found;
  }

  std::string pending_key(const std::string& session_id, std::int64_t timestamp_us) const override {
    return "session:" + session_id + ":msg:" + std::to_string(timestamp_us);
  }

  AsyncResult<std::size_t> erase(std::string session_id) override {
    if (outage) co_return std::unexpected(*outage);
    const std::size_t deleted = sessions[session_id].pending.size();
    sessions.erase(session_id);
    erased.insert(session_id);
    co_return deleted;
  }

  AsyncResult<CacheHealth> health() override {
    if (outage) co_return std::unexpected(*outage);
    co_return CacheHealth{.durability = "none"};
  }

  std::string kind() const override { return "memory"; }

  std::unique_ptr<PendingPass> begin_pass(PassKind kind) override {
    passes.push_back(kind);
    return std::make_unique<Pass>(*this);
  }

  AsyncResult<std::size_t> acknowledge(SharedBatch batch) override {
    if (drain_outage) co_return std::unexpected(*drain_outage);
    std::size_t removed = 0;
    for (const Session& session : batch->sessions) sessions[session.session_id].unsynced = false;
    for (const PendingTurn& pending : batch->turns) removed += remove(pending.turn.session_id, pending.key);
    for (const DeadLetter& letter : batch->dead_letters) removed += remove(letter.session_id, letter.key);
    co_return removed;
  }

  AsyncResult<std::size_t> count_pending() override {
    if (drain_outage) co_return std::unexpected(*drain_outage);
    std::size_t count = 0;
    for (const auto& [id, state] : sessions) count += state.pending.size();
    co_return count;
  }

  AsyncResult<std::optional<std::int64_t>> oldest_pending_us() override {
    if (drain_outage) co_return std::unexpected(*drain_outage);
    std::optional<std::int64_t> oldest;
    for (const auto& [id, state] : sessions) {
      if (state.pending.empty()) continue;
      oldest = std::min(oldest.value_or(state.pending.begin()->first), state.pending.begin()->first);
    }
    co_return oldest;
  }

  std::unique_ptr<SessionWalk> walk_sessions() override { return std::make_unique<Walk>(*this); }

 private:
  /// Walks the sessions in order of their ids.
  class Walk final : public SessionWalk {
   public:
    explicit Walk(MemoryTurnCache& cache) : cache_(cache) {}

    AsyncResult<std::vector<SessionTally>> next(std::size_t max_sessions) override {
      if (cache_.drain_outage) co_return std::unexpected(*cache_.drain_outage);
      std::vector<SessionTally> tallies;
      auto at = cache_.sessions.upper_bound(last_);
      for (; at != cache_.sessions.end() && tallies.size() < max_sessions; ++at) {
        last_ = at->first;
        tallies.push_back({.session_id = at->first,
                           .question_count = at->second.session.question_count,
                           .pending = at->second.pending.size(),
                           .history_length = at->second.history.size()});
      }
      co_return tallies;
    }

   private:
    MemoryTurnCache& cache_;
    std::string last_;
  };

  static void note_time(State& state, std::int64_t timestamp_us) {
    state.last_timestamp_us = std::max(state.last_timestamp_us, timestamp_us);
    state.session.updated_at_us = std::max(state.session.updated_at_us, timestamp_us);
  }

  /// Then it is settled with what it has here.
  static bool is_pending(State& state, const Turn& turn) {
    for (const auto& [timestamp_us, pending] : state.pending) {
      if (pending.turn_id != turn.turn_id) continue;
      state.settled_us = turn.timestamp_us;
      state.settled.emplace(turn.timestamp_us, SettledTurn{turn.timestamp_us, *pending.seq, timestamp_us});
      return true;
    }
    return false;
  }

  static void number(State& state, Turn& turn, std::int64_t last_stored_us) {
    turn.seq = ++state.session.question_count;
    state.settled_us = turn.timestamp_us;
    if (turn.timestamp_us <= state.last_timestamp_us)
      turn.timestamp_us = store_stamp(0, std::max(state.last_timestamp_us, last_stored_us));
    state.settled.emplace(state.settled_us, SettledTurn{state.settled_us, *turn.seq, turn.timestamp_us});
    note_time(state, turn.timestamp_us);
    state.history.push_back(turn);
    if (state.history.size() > kHistoryTurns) state.history.erase(state.history.begin());
  }

  /// Walks the sessions in order of their ids, and each one's turns in order of time.
  class Pass final : public PendingPass {
   public:
    explicit Pass(MemoryTurnCache& cache) : cache_(cache) {}

    AsyncResult<TurnBatch> next(std::size_t max_turns) override {
      if (cache_.drain_outage) co_return std::unexpected(*cache_.drain_outage);
      TurnBatch batch;
      for (auto at = cache_.sessions.lower_bound(session_); at != cache_.sessions.end(); ++at) {
        if (at->first != session_) after_us_ = 0;
        session_ = at->first;
        const State& state = at->second;
        auto turn = state.pending.upper_bound(after_us_);
        if ((turn != state.pending.end()) || (state.unsynced && after_us_ == 0))
          batch.sessions.push_back(state.session);
        for (; turn != state.pending.end() && batch.turns.size() < max_turns; ++turn) {
          batch.turns.push_back({.turn = turn->second, .key = cache_.pending_key(session_, turn->first)});
          after_us_ = turn->first;
        }
        if (batch.turns.size() >= max_turns) {
          ++cache_.batches_read;
          co_return batch;
        }
      }
      session_ = std::string(1, '\x7f');
      co_return batch;
    }

   private:
    MemoryTurnCache& cache_;
    std::string session_;
    std::int64_t after_us_ = 0;
  };

  std::size_t remove(const std::string& session_id, const std::string& key) {
    const auto found = sessions.find(session_id);
    if (found == sessions.end()) return 0;
    return std::erase_if(found->second.pending,
                         [&](const auto& entry) { return pending_key(session_id, entry.first) == key; });
  }
};

}  // namespace chatsync::test
