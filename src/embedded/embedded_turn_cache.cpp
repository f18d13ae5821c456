// The request side: changes go to the commit thread, counts come from the index, texts from the journal.
#include "embedded/embedded_turn_cache.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "embedded/cache_state.hpp"
#include "embedded/pending_key.hpp"

namespace chatsync::embedded {
namespace {

// Each repetition takes an acknowledgement that came between looking at the index and reading.
constexpr int kReadAttempts = 100;

std::vector<TurnRef> latest_turns(std::span<const TurnRef> turns) {
  const auto latest = turns.last(std::min(turns.size(), kHistoryTurns));
  return {latest.begin(), latest.end()};
}

std::vector<TurnRef> pending_turns(const TurnList& turns, const TurnPage& page) {
  std::vector<TurnRef> chosen;
  if (page.after_us) {
    for (const TurnRef turn : turns.after(*page.after_us)) {
      if (chosen.size() == page.limit) break;
      if (!turn.synced()) chosen.push_back(turn);
    }
    return chosen;
  }
  const std::span<const TurnRef> all = turns.all();
  const std::size_t later = page.before_us ? turns.after(*page.before_us - 1).size() : 0;
  const auto before = all.first(all.size() - later);
  for (auto turn = before.rbegin(); turn != before.rend() && chosen.size() < page.limit; ++turn) {
    if (!turn->synced()) chosen.push_back(*turn);
  }
  std::ranges::reverse(chosen);
  return chosen;
}

/// All of `turns`; nothing if one of them is not in the journal any more.
Result<std::optional<std::vector<Turn>>> read_turns(JournalReader& reader, std::span<const TurnRef> turns,
                                                    const std::string& session_id) {
  std::vector<Turn> read;
  for (const TurnRef ref : turns) {
    Result<std::optional<Turn>> turn = reader.read_turn(ref.row());
    if (!turn) return failure_of(std::move(turn));
    if (!turn->has_value()) return std::nullopt;
    (*turn)->session_id = session_id;
    read.push_back(std::move(**turn));
  }
  return read;
}

/// The turns that `choose(list)` picks from the session's list; none if the session is not cached.
template <class Choose>
AsyncResult<std::vector<Turn>> read_session(EmbeddedTurnCache::State& state, std::string session_id,
                                            Choose choose) {
  return state.readers.run([&state, session_id = std::move(session_id),
                            choose = std::move(choose)](JournalReader& reader) -> Result<std::vector<Turn>> {
    for (int attempt = 0; attempt < kReadAttempts; ++attempt) {
      std::vector<TurnRef> turns;
      {
        const std::scoped_lock lock(state.mutex);
        const SessionEntry* entry = state.find(session_id);
        if (entry != nullptr) turns = choose(entry->turns);
      }
      Result<std::optional<std::vector<Turn>>> read = read_turns(reader, turns, session_id);
      if (!read) return failure_of(std::move(read));
      if (read->has_value()) return std::move(**read);
    }
    return fail(ErrorKind::internal, "the journal lacks turns of session " + session_id);
  });
}

}  // namespace

EmbeddedTurnCache::EmbeddedTurnCache(std::unique_ptr<State> state) : state_(std::move(state)) {}

EmbeddedTurnCache::~EmbeddedTurnCache() = default;

AsyncResult<RecordOutcome> EmbeddedTurnCache::record(const Turn* turn, SessionPresence presence) {
  return state_->commits->run([turn, presence, now = state_->clock.steady_now()](SessionGroup& group) {
    return group.record(*turn, presence, now);
  });
}

AsyncResult<std::vector<SettledTurn>> EmbeddedTurnCache::seed(SessionSeed seed) {
  return state_->commits->run([seed = std::move(seed), now = state_->clock.steady_now()](
                                  SessionGroup& group) mutable { return group.seed(seed, now); });
}

AsyncResult<void> EmbeddedTurnCache::forget_settled(std::string session_id,
                                                    std::vector<std::int64_t> timestamps_us) {
  return state_->commits->run([session_id = std::move(session_id), timestamps_us = std::move(timestamps_us),
                               now = state_->clock.steady_now()](SessionGroup& group) {
    return group.forget_settled(session_id, timestamps_us, now);
  });
}

AsyncResult<bool> EmbeddedTurnCache::create(Session session) {
  return state_->commits->run([session = std::move(session), now = state_->clock.steady_now()](
                                  SessionGroup& group) mutable { return group.create(session, now); });
}

AsyncResult<std::size_t> EmbeddedTurnCache::erase(std::string session_id) {
  return state_->commits->run([session_id = std::move(session_id), now = state_->clock.steady_now()](
                                  SessionGroup& group) { return group.erase(session_id, now); });
}

AsyncResult<std::optional<CachedSession>> EmbeddedTurnCache::find(std::string session_id) {
  const std::scoped_lock lock(state_->mutex);
  const SessionEntry* entry = state_->find(session_id);
  if (entry == nullptr) co_return std::nullopt;
  co_return CachedSession{.session = entry->session,
                          .history_length = std::min(entry->turns.all().size(), kHistoryTurns),
                          .pending = entry->pending};
}

AsyncResult<Session> EmbeddedTurnCache::own_data(std::string session_id) {
  const std::scoped_lock lock(state_->mutex);
  const SessionEntry* entry = state_->find(session_id);
  if (entry == nullptr) co_return Session{.session_id = std::move(session_id)};
  co_return entry->session;
}

AsyncResult<std::vector<Turn>> EmbeddedTurnCache::history(std::string session_id) {
  return read_session(*state_, std::move(session_id),
                      [](const TurnList& turns) { return latest_turns(turns.all()); });
}

AsyncResult<std::vector<Turn>> EmbeddedTurnCache::pending(std::string session_id, TurnPage page) {
  return read_session(*state_, std::move(session_id),
                      [page](const TurnList& turns) { return pending_turns(turns, page); });
}

AsyncResult<std::vector<Session>> EmbeddedTurnCache::unsynced_sessions_of(std::string user_id) {
  const std::scoped_lock lock(state_->mutex);
  co_return state_->index.dirty_sessions_of(user_id);
}

std::string EmbeddedTurnCache::pending_key(const std::string& session_id, std::int64_t timestamp_us) const {
  return pending_key_of(session_id, timestamp_us);
}

AsyncResult<CacheHealth> EmbeddedTurnCache::health() {
  const Result<void> writable = co_await state_->commits->check();
  if (!writable) co_return std::unexpected(writable.error());
  co_return CacheHealth{.durability = "each turn is fsynced before it is acknowledged"};
}

AsyncResult<std::size_t> EmbeddedTurnCache::count_pending() {
  const std::scoped_lock lock(state_->mutex);
  co_return state_->index.pending();
}

AsyncResult<std::optional<std::int64_t>> EmbeddedTurnCache::oldest_pending_us() {
  const std::scoped_lock lock(state_->mutex);
  co_return state_->index.waiting_since_us();
}

}  // namespace chatsync::embedded
