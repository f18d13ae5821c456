#include "simulation/cache_server.hpp"

#include <algorithm>

#include "base/fault.hpp"
#include "chat/turn_stamp.hpp"

namespace chatsync::simulation {

using fault::PlantedBug;

std::string CacheServer::key_of(const std::string& session_id, std::int64_t timestamp_us) {
  return "session:" + session_id + ":msg:" + std::to_string(timestamp_us);
}

CachedState* CacheServer::find_state(const std::string& session_id) {
  const auto found = memory_.sessions.find(session_id);
  if (found == memory_.sessions.end()) return nullptr;
  if (found->second.expires_at && *found->second.expires_at <= world_.now()) {
    memory_.sessions.erase(found);
    return nullptr;
  }
  return &found->second;
}

bool CacheServer::is_marked_erased(const std::string& session_id) const {
  const auto mark = memory_.erased.find(session_id);
  return mark != memory_.erased.end() && mark->second > world_.now();
}

void CacheServer::mark_dirty(const std::string& session_id, CachedState& state) {
  if (fault::planted(PlantedBug::drop_dirty_mark) && state.pending.size() > 1) {
    memory_.dirty.erase(session_id);
    return;
  }
  memory_.dirty.insert(session_id);
  if (!fault::planted(PlantedBug::expire_pending_sessions)) state.expires_at.reset();
}

void CacheServer::let_expire_if_idle(const std::string& session_id, CachedState& state) {
  if (state.has_pending() || state.unsynced) return;
  memory_.dirty.erase(session_id);
  state.expires_at = world_.now() + session_ttl_;
}

void CacheServer::append_history(CachedState& state, const Turn& turn) {
  state.history.push_back(turn);
  if (state.history.size() > kHistoryTurns) state.history.erase(state.history.begin());
}

RecordOutcome CacheServer::record(Turn turn, SessionPresence presence) {
  CachedState* found = find_state(turn.session_id);
  const bool counted = found != nullptr && found->count;
  if (!counted && (presence == SessionPresence::unknown || is_marked_erased(turn.session_id)))
    return {.session_missing = true};
  CachedState& state = found != nullptr ? *found : memory_.sessions[turn.session_id];
  if (!fault::planted(PlantedBug::time_from_clock_alone)) {
    const std::int64_t last_us = state.history.empty() ? 0 : state.history.back().timestamp_us;
    turn.timestamp_us = cache_stamp(turn.timestamp_us, last_us);
    while (state.pending.contains(turn.timestamp_us) || state.broken.contains(turn.timestamp_us))
      turn.timestamp_us = cache_stamp(0, turn.timestamp_us);
  }
  if (state.own.user_id.empty()) state.own.user_id = turn.user_id;
  if (state.own.created_at_us == 0) state.own.created_at_us = turn.timestamp_us;
  const std::int64_t count = state.count.value_or(0) + 1;
  state.count = turn.seq = count;
  append_history(state, turn);
  const RecordOutcome outcome{.question_count = count, .timestamp_us = turn.timestamp_us};
  const std::string session_id = turn.session_id;
  state.pending.insert_or_assign(turn.timestamp_us, std::move(turn));
  mark_dirty(session_id, state);
  if (fault::planted(PlantedBug::expire_pending_sessions)) state.expires_at = world_.now() + session_ttl_;
  return outcome;
}

std::vector<SettledTurn> CacheServer::seed(const SessionSeed& seed) {
  if (is_marked_erased(seed.session.session_id)) return {};
  CachedState* found = find_state(seed.session.session_id);
  CachedState& state = found != nullptr ? *found : memory_.sessions[seed.session.session_id];
  const bool put_in = !state.count;
  state.count = state.count.value_or(0);
  const bool behind = *state.count < seed.session.question_count &&
                      (put_in || !fault::planted(PlantedBug::count_not_raised_after_rewind));
  if (put_in) {
    if (state.own.user_id.empty()) state.own.user_id = seed.session.user_id;
    if (state.own.title.empty()) state.own.title = seed.session.title;
    if (state.own.created_at_us == 0) state.own.created_at_us = seed.session.created_at_us;
  }
  if (behind || fault::planted(PlantedBug::seed_sets_count_back)) state.count = seed.session.question_count;
  if ((put_in && state.history.empty()) || (behind && !put_in)) {
    state.history = seed.recent;
    std::ranges::sort(state.history, {}, &Turn::seq);
  }
  std::vector<SettledTurn> settled;
  for (Turn turn : seed.unsettled) {
    const std::int64_t stored = turn.timestamp_us;
    const auto pending = std::ranges::find_if(
        state.pending, [&](const auto& each) { return each.second.turn_id == turn.turn_id; });
    if (pending != state.pending.end()) {
      state.settled_us = std::max(state.settled_us, stored);
      state.settled[stored] = {stored, pending->second.seq.value_or(0), pending->first};
    } else if (stored > state.settled_us || fault::planted(PlantedBug::settle_twice)) {
      state.settled_us = stored;
      const std::int64_t last_us = state.history.empty() ? 0 : state.history.back().timestamp_us;
      if (last_us >= stored)
        turn.timestamp_us = store_stamp(0, std::max(last_us, seed.session.updated_at_us));
      turn.seq = ++*state.count;
      state.settled[stored] = {stored, *turn.seq, turn.timestamp_us};
      append_history(state, turn);
    }
    const auto numbered = state.settled.find(stored);
    if (numbered != state.settled.end()) settled.push_back(numbered->second);
  }
  if (put_in) let_expire_if_idle(seed.session.session_id, state);
  return settled;
}

void CacheServer::forget_settled(const std::string& session_id,
                                 const std::vector<std::int64_t>& timestamps_us) {
  CachedState* const state = find_state(session_id);
  if (state == nullptr) return;
  for (const std::int64_t timestamp_us : timestamps_us) state->settled.erase(timestamp_us);
}

bool CacheServer::create(const Session& session) {
  const CachedState* const found = find_state(session.session_id);
  if (is_marked_erased(session.session_id)) return false;
  if (found != nullptr && (found->count || found->has_pending())) return false;
  CachedState& state = memory_.sessions[session.session_id];
  state.own = session;
  state.count = 0;
  state.unsynced = true;
  state.expires_at.reset();
  memory_.dirty.insert(session.session_id);
  return true;
}

std::optional<CachedSession> CacheServer::find(const std::string& session_id) {
  const CachedState* const state = find_state(session_id);
  if (state == nullptr || (!state->count && !state->has_pending())) return std::nullopt;
  CachedSession cached{.session = state->own,
                       .history_length = state->history.size(),
                       .pending = state->pending.size() + state->broken.size()};
  cached.session.session_id = session_id;
  cached.session.question_count = state->count.value_or(0);
  if (!state->history.empty()) {
    cached.session.updated_at_us = std::max(cached.session.updated_at_us, state->history.back().timestamp_us);
  }
  return cached;
}

std::vector<Turn> CacheServer::history(const std::string& session_id) {
  const CachedState* const state = find_state(session_id);
  return state == nullptr ? std::vector<Turn>() : state->history;
}

std::vector<Turn> CacheServer::pending(const std::string& session_id, const TurnPage& page) {
  std::vector<Turn> turns;
  const CachedState* const state = find_state(session_id);
  if (state == nullptr) return turns;
  for (const auto& [timestamp_us, turn] : state->pending) {
    const bool outside = (page.before_us && timestamp_us >= *page.before_us) ||
                         (page.after_us && timestamp_us <= *page.after_us);
    if (!outside) turns.push_back(turn);
  }
  if (turns.size() <= page.limit) return turns;
  const auto excess = static_cast<std::ptrdiff_t>(turns.size() - page.limit);
  page.after_us ? turns.erase(turns.end() - excess, turns.end())
                : turns.erase(turns.begin(), turns.begin() + excess);
  return turns;
}

std::vector<Session> CacheServer::unsynced_sessions_of(const std::string& user_id) {
  std::vector<Session> sessions;
  for (const std::string& id : session_ids()) {
    const CachedState& state = memory_.sessions.at(id);
    if (state.own.user_id == user_id && (state.unsynced || state.has_pending()))
      sessions.push_back(find(id)->session);
  }
  return sessions;
}

std::size_t CacheServer::erase(const std::string& session_id) {
  const CachedState* const state = find_state(session_id);
  const std::size_t deleted = state == nullptr ? 0 : state->pending.size() + state->broken.size();
  memory_.sessions.erase(session_id);
  memory_.dirty.erase(session_id);
  memory_.erased[session_id] = world_.now() + session_ttl_;
  return deleted;
}

std::size_t CacheServer::acknowledge(const TurnBatch& batch) {
  std::set<std::string> touched;
  std::size_t removed = 0;
  const auto remove = [&](const std::string& session_id, const std::string& key) {
    touched.insert(session_id);
    CachedState* const state = find_state(session_id);
    if (state == nullptr) return;
    if (fault::planted(PlantedBug::acknowledge_whole_session)) state->pending.clear();
    removed += std::erase_if(state->pending,
                             [&](const auto& each) { return key_of(session_id, each.first) == key; });
    removed +=
        std::erase_if(state->broken, [&](const auto& each) { return key_of(session_id, each) == key; });
  };
  for (const PendingTurn& pending : batch.turns) remove(pending.turn.session_id, pending.key);
  for (const DeadLetter& letter : batch.dead_letters) remove(letter.session_id, letter.key);
  for (const Session& session : batch.sessions) {
    touched.insert(session.session_id);
    CachedState* const state = find_state(session.session_id);
    if (state != nullptr && state->own.user_id == session.user_id && state->own.title == session.title)
      state->unsynced = false;
  }
  for (const std::string& session_id : touched) {
    if (CachedState* const state = find_state(session_id)) let_expire_if_idle(session_id, *state);
  }
  return removed;
}

std::vector<std::string> CacheServer::dirty_sessions() const {
  return {memory_.dirty.begin(), memory_.dirty.end()};
}

std::vector<std::string> CacheServer::sweep() {
  std::vector<std::string> found;
  for (const std::string& id : session_ids()) {
    CachedState& state = memory_.sessions.at(id);
    if (!state.has_pending() || !memory_.dirty.insert(id).second) continue;
    state.expires_at.reset();
    found.push_back(id);
  }
  return found;
}

std::vector<std::int64_t> CacheServer::members(const std::string& session_id) {
  std::vector<std::int64_t> stamps;
  const CachedState* const state = find_state(session_id);
  if (state == nullptr) return stamps;
  for (const auto& [timestamp_us, turn] : state->pending) stamps.push_back(timestamp_us);
  stamps.insert(stamps.end(), state->broken.begin(), state->broken.end());
  return stamps;
}

std::pair<Session, bool> CacheServer::own_data(const std::string& session_id) {
  const CachedState* const state = find_state(session_id);
  Session own{.session_id = session_id};
  if (state == nullptr) return {own, false};
  own = state->own;
  own.session_id = session_id;
  own.question_count = state->count.value_or(0);
  return {own, state->unsynced};
}

std::vector<std::string> CacheServer::session_ids() {
  std::vector<std::string> ids;
  std::erase_if(memory_.sessions, [&](const auto& each) {
    return each.second.expires_at && *each.second.expires_at <= world_.now();
  });
  for (const auto& [id, state] : memory_.sessions) ids.push_back(id);
  return ids;
}

void CacheServer::write_as_stranger(const Turn& turn, bool broken, bool marks_dirty) {
  CachedState* const found = find_state(turn.session_id);
  CachedState& state = found != nullptr ? *found : memory_.sessions[turn.session_id];
  if (state.pending.contains(turn.timestamp_us) || state.broken.contains(turn.timestamp_us)) return;
  state.count = state.count.value_or(0) + 1;
  if (broken) {
    state.broken.insert(turn.timestamp_us);
  } else {
    state.pending.emplace(turn.timestamp_us, turn);
  }
  if (marks_dirty) memory_.dirty.insert(turn.session_id);
}

void CacheServer::restart(CacheMemory memory) {
  memory_ = std::move(memory);
  ++lineage_;
}

}  // namespace chatsync::simulation
