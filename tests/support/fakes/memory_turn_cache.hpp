#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "chat/pending_turns.hpp"
#include "chat/turn_cache.hpp"

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

  struct State {
    Session session;
    std::vector<Turn> history;
    std::map<std::int64_t, Turn> pending;
    std::int64_t last_timestamp_us = 0;
    bool unsynced = false;
  };
  std::map<std::string, State> sessions;
  std::size_t sweeps = 0;
  std::size_t passes = 0;

  AsyncResult<RecordOutcome> record(Turn turn, SessionPresence presence) override {
    if (before_record) co_await before_record();
    if (outage) co_return std::unexpected(*outage);
    if (presence == SessionPresence::unknown && !sessions.contains(turn.session_id)) {
      co_return RecordOutcome{.session_missing = true};
    }
    State& state = sessions[turn.session_id];
    if (state.session.session_id.empty()) {
      state.session = {
          .session_id = turn.session_id, .user_id = turn.user_id, .created_at_us = turn.timestamp_us};
    }
    turn.timestamp_us = std::max(turn.timestamp_us, state.last_timestamp_us + 1);
    turn.seq = ++state.session.question_count;
    state.last_timestamp_us = state.session.updated_at_us = turn.timestamp_us;
    state.history.push_back(turn);
    if (state.history.size() > kHistoryTurns) state.history.erase(state.history.begin());
    const RecordOutcome outcome{.question_count = *turn.seq, .timestamp_us = turn.timestamp_us};
    state.pending.emplace(turn.timestamp_us, std::move(turn));
    co_return outcome;
  }

  AsyncResult<void> seed(SessionSeed seed) override {
    if (outage) co_return std::unexpected(*outage);
    const auto [place, inserted] = sessions.try_emplace(seed.session.session_id);
    if (inserted) {
      place->second.session = seed.session;
      place->second.history = seed.recent;
      if (!seed.recent.empty()) place->second.last_timestamp_us = seed.recent.back().timestamp_us;
    }
    co_return Result<void>();
  }

  AsyncResult<bool> create(Session session) override {
    if (outage) co_return std::unexpected(*outage);
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
    co_return deleted;
  }

  AsyncResult<CacheHealth> health() override {
    if (outage) co_return std::unexpected(*outage);
    co_return CacheHealth{.durability = "none"};
  }

  std::string kind() const override { return "memory"; }

  std::unique_ptr<PendingPass> begin_pass(PassKind kind) override {
    ++passes;
    if (kind == PassKind::sweep) ++sweeps;
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

 private:
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
        if (batch.turns.size() >= max_turns) co_return batch;
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
