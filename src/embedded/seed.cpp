// Bringing a session up to what the store knows. Time stamps in the list only grow, so a turn that the store
// took in the cache's place gets a later one than the turns that are here, whenever it was taken; and of the
// store's recent turns only those later than the ones here are taken, which are all if the cache fell behind.
#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>

#include "chat/turn_stamp.hpp"
#include "embedded/session_draft.hpp"

namespace chatsync::embedded {
namespace {

/// When the last settled turn was, as far as the session itself tells: of its turns some may be no rows.
std::int64_t last_settled_us(const SessionSeed& seed) {
  // An unsettled turn counts as an update too.
  return seed.session.question_count > 0 && seed.unsettled.empty() ? seed.session.updated_at_us : 0;
}

}  // namespace

Result<std::vector<SettledTurn>> SessionGroup::seed(SessionSeed& seed, SteadyTime now) {
  Result<Draft*> found = find(seed.session.session_id, now);
  if (!found) return failure_of(std::move(found));
  if (*found == nullptr) {
    if (is_erased(seed.session.session_id)) return std::vector<SettledTurn>();
    auto entry = std::make_unique<SessionEntry>();
    entry->session = seed.session;
    found = add_session(std::move(entry));
    if (!found) return failure_of(std::move(found));
    (*found)->count = 0;
  }
  Draft& draft = **found;
  const auto before = std::pair(draft.count, draft.settled_us);
  if (Result<void> done = raise(draft, seed); !done) return failure_of(std::move(done));
  if (Result<void> done = number(draft, seed); !done) return failure_of(std::move(done));
  if (std::pair(draft.count, draft.settled_us) != before) {
    Result<void> done = journal_.update_session(draft.row, draft.count, draft.last_turn_us, draft.settled_us);
    if (!done) return failure_of(std::move(done));
  }
  std::vector<SettledTurn> settled;
  for (const Turn& turn : seed.unsettled) {
    const auto given = std::ranges::find(draft.settled, turn.timestamp_us, &SettledTurn::timestamp_us);
    if (given != draft.settled.end()) settled.push_back(*given);
  }
  return settled;
}

/// Takes the store's count and its later turns if the count here is below it.
Result<void> SessionGroup::raise(Draft& draft, const SessionSeed& seed) {
  if (draft.count >= seed.session.question_count) return {};
  draft.count = seed.session.question_count;
  for (const Turn& turn : seed.recent) {
    if (turn.timestamp_us <= draft.last_turn_us) continue;
    if (Result<void> done = append(draft, turn, turn.seq, turn.timestamp_us, true); !done) return done;
  }
  draft.last_turn_us = std::max(draft.last_turn_us, last_settled_us(seed));
  return {};
}

/// What the pending turns of the session have, by their turn ids.
Result<std::unordered_map<std::string, SettledTurn>> SessionGroup::pending_turns(const Draft& draft) {
  std::vector<TurnRef> refs = draft.appended;
  if (draft.committed != nullptr && draft.committed->pending > 0) {
    const std::span<const TurnRef> committed = draft.committed->turns.all();
    refs.insert(refs.end(), committed.begin(), committed.end());
  }
  std::unordered_map<std::string, SettledTurn> pending;
  for (const TurnRef ref : refs) {
    if (ref.synced()) continue;
    Result<std::optional<TurnIdentity>> turn = journal_.read_identity(ref.row());
    if (!turn) return failure_of(std::move(turn));
    if (!turn->has_value()) continue;
    pending.try_emplace(std::move((*turn)->turn_id),
                        SettledTurn{.seq = (*turn)->seq, .final_timestamp_us = ref.timestamp_us()});
  }
  return pending;
}

/// Numbers those that were not yet, which are the last ones; one that is pending here has its number. Of
/// texts, only a history's worth is kept.
Result<void> SessionGroup::number(Draft& draft, SessionSeed& seed) {
  std::vector<Turn>& unsettled = seed.unsettled;
  const auto first = std::ranges::upper_bound(unsettled, draft.settled_us, {}, &Turn::timestamp_us);
  if (first == unsettled.end()) return {};
  const auto pending = pending_turns(draft);
  if (!pending) return std::unexpected(pending.error());
  for (auto turn = first; turn != unsettled.end(); ++turn) {
    draft.settled_us = turn->timestamp_us;
    if (const auto here = pending->find(turn->turn_id); here != pending->end()) {
      SettledTurn given = here->second;
      given.timestamp_us = turn->timestamp_us;
      if (Result<void> done = journal_.insert_settled(draft.row, given); !done) return done;
      draft.settled.push_back(given);
      continue;
    }
    const bool in_order = turn->timestamp_us > draft.last_turn_us;
    const std::int64_t next_us = store_stamp(0, std::max(draft.last_turn_us, seed.session.updated_at_us));
    const SettledTurn given{.timestamp_us = turn->timestamp_us,
                            .seq = ++draft.count,
                            .final_timestamp_us = in_order ? turn->timestamp_us : next_us};
    if (Result<void> done = journal_.insert_settled(draft.row, given); !done) return done;
    draft.settled.push_back(given);
    draft.last_turn_us = given.final_timestamp_us;
    if (unsettled.end() - turn > static_cast<std::ptrdiff_t>(kHistoryTurns)) continue;
    if (Result<void> done = append(draft, *turn, given.seq, given.final_timestamp_us, true); !done)
      return done;
  }
  return {};
}

Result<void> SessionGroup::forget_settled(const std::string& session_id,
                                          const std::vector<std::int64_t>& timestamps_us, SteadyTime now) {
  Result<Draft*> found = find(session_id, now);
  if (!found) return failure_of(std::move(found));
  if (*found == nullptr) return {};
  Draft& draft = **found;
  for (const std::int64_t timestamp_us : timestamps_us) {
    if (std::erase_if(draft.settled,
                      [&](const SettledTurn& turn) { return turn.timestamp_us == timestamp_us; }) == 0) {
      continue;
    }
    if (Result<void> done = journal_.delete_settled(draft.row, timestamp_us); !done) return done;
  }
  return {};
}

}  // namespace chatsync::embedded
