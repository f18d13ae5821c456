// The comparison of what clients were told with what is there. Everything that the run itself took away (the
// memory of a cache that came back empty or older, an erased session) is known here turn by turn, so each
// excuse is for a turn and none is for a kind of fault.
#include "simulation/ledger.hpp"

#include <algorithm>

namespace chatsync::simulation {
namespace {

bool names(const DeadLetter& letter, const Call& call) {
  if (!call.turn_id.empty() && letter.payload.contains(call.turn_id)) return true;
  return letter.payload.contains('"' + call.user_id + '"');
}

}  // namespace

void Ledger::violate(std::string what) {
  world_.trace("VIOLATION: {}", what);
  violations.push_back(std::move(what));
}

void Ledger::excuse(const CacheMemory& lost, const CacheMemory& next) {
  for (const auto& [id, state] : lost.sessions) {
    rewound_.insert(id);
    const auto kept = next.sessions.find(id);
    for (const auto& [stamp, turn] : state.pending) {
      if (kept != next.sessions.end() && kept->second.pending.contains(stamp)) continue;
      if (store_.is_unsettled(turn.turn_id)) renumbered_.insert(turn.user_id);
      if (store_.find(turn.turn_id) != nullptr || excused_users_.contains(turn.user_id)) continue;
      world_.trace("  lost with the cache: {} #{} of {}", turn.user_id, turn.seq.value_or(0), id);
      excused_.insert(turn.turn_id);
      excused_users_.insert(turn.user_id);
      ++lost_[id];
    }
    if (kept == next.sessions.end() && !store_.sessions.contains(id)) created.erase(id);
    for (const std::int64_t stamp : state.broken) {
      if (kept == next.sessions.end() || !kept->second.broken.contains(stamp)) ++lost_[id];
    }
  }
}

bool Ledger::is_stored(const Call& call) const {
  if (!call.turn_id.empty()) return store_.find(call.turn_id) != nullptr;
  return std::ranges::any_of(store_.rows,
                             [&](const auto& row) { return row.second.user_id == call.user_id; });
}

bool Ledger::is_settled(const Call& call) const {
  if (is_stored(call) || excused_users_.contains(call.user_id)) return true;
  const auto session = store_.sessions.find(call.session_id);
  if (session != store_.sessions.end() && session->second.deleted) return true;
  return std::ranges::any_of(store_.dead_letters,
                             [&](const DeadLetter& letter) { return names(letter, call); });
}

void Ledger::check_synced_reply(const Call& call) {
  if (!is_settled(call)) violate(call.user_id + " was called synced and is not in the store");
}

void Ledger::check_barrier(Micros invoked) {
  for (const auto& [user, call] : calls) {
    if (call.outcome != Outcome::acknowledged || call.ended >= invoked || is_settled(call)) continue;
    violate(user + " was acknowledged before a barrier that left it behind");
  }
}

void Ledger::check_read(const std::string& session_id, Micros invoked, const std::vector<Turn>& turns) {
  for (const auto& [user, call] : calls) {
    if (call.outcome != Outcome::acknowledged || call.session_id != session_id || call.ended >= invoked)
      continue;
    if (std::ranges::find(turns, user, &Turn::user_id) != turns.end()) continue;
    if (!is_stored(call) && is_settled(call)) continue;
    violate(user + " was acknowledged and is not read");
  }
}

void Ledger::check_drained_by_itself() {
  for (const std::string& id : cache_.session_ids()) {
    if (sessions_of_strangers.contains(id)) continue;
    for (const auto& [stamp, turn] : cache_.memory().sessions.at(id).pending)
      violate(turn.user_id + " stays pending though drains go on");
  }
  for (const auto& [id, state] : store_.sessions) {
    if (!state.unsettled.empty()) violate(id + " keeps turns without a final number");
  }
}

void Ledger::check_at_rest() {
  for (const std::string& id : cache_.session_ids()) {
    if (cache_.memory().sessions.at(id).has_pending())
      violate(id + " has pending turns after the last drain");
  }
  check_rows();
  for (const std::string& id : created) {
    if (!store_.sessions.contains(id)) violate(id + " was created and is not in the store");
  }
  for (const auto& [user, call] : calls) check_call(call);
  for (const auto& [id, state] : store_.sessions) {
    if (!state.deleted) {
      check_session(id);
      continue;
    }
    const auto first = store_.rows.lower_bound({id, 0});
    if (first != store_.rows.end() && first->first.first == id) violate(id + " was erased and has rows");
    if (std::ranges::count(store_.dead_letters, id, &DeadLetter::session_id) > 0)
      violate(id + " was erased and has dead letters");
  }
}

void Ledger::check_rows() {
  std::set<std::string> users;
  for (const auto& [place, turn] : store_.rows) {
    if (turn.user_id.starts_with("stranger")) continue;
    if (!users.insert(turn.user_id).second) violate(turn.user_id + " is stored twice");
    const auto call = calls.find(turn.user_id);
    if (call == calls.end()) {
      violate(turn.user_id + " is stored and was never asked");
      continue;
    }
    if (call->second.outcome == Outcome::failed)
      violate(turn.user_id + " was refused and is stored: " + call->second.error);
    if (turn.question != call->second.question || turn.answer != "answer to " + turn.question)
      violate(turn.user_id + " is stored with other texts");
    if (!turn.seq) violate(turn.user_id + " is stored without a number");
  }
}

void Ledger::check_call(const Call& call) {
  if (call.outcome == Outcome::open) violate(call.user_id + " was never answered");
  if (call.outcome == Outcome::failed && call.error == "session_deleted" &&
      !erasures.contains(call.session_id))
    violate(call.user_id + " was told that its session is deleted");
  if (call.outcome != Outcome::acknowledged) return;
  const auto erased = erasures.find(call.session_id);
  if (erased != erasures.end() && erased->second.acknowledged && *erased->second.acknowledged < call.invoked)
    violate(call.user_id + " was acknowledged in a session that was gone");
  if (!is_settled(call)) return violate(call.user_id + " was acknowledged and is lost");
  const Turn* const row = call.turn_id.empty() ? nullptr : store_.find(call.turn_id);
  if (row == nullptr) {
    const bool refused = StoreServer::refuses(Turn{.question = call.question});
    const auto quarantine = std::ranges::find_if(
        store_.dead_letters, [&](const DeadLetter& letter) { return names(letter, call); });
    if (quarantine == store_.dead_letters.end() || refused) return;
    ++quarantined;
    if (!rewound_.contains(call.session_id) && !sessions_of_strangers.contains(call.session_id))
      violate(call.user_id + " lost its identity to another turn");
    return;
  }
  // What was rescued from a cache that is gone has new ones.
  if (call.provisional || excused_users_.contains(call.user_id) || renumbered_.contains(call.user_id)) return;
  if (row->timestamp_us != call.timestamp_us) violate(call.user_id + " is stored with another time stamp");
  if (row->seq && *row->seq != call.count)
    violate(fmt::format("{} was told number {} and has {}", call.user_id, call.count, *row->seq));
}

void Ledger::check_session(const std::string& session_id) {
  std::vector<Turn> rows;
  std::set<std::int64_t> numbers;
  for (const auto& [place, turn] : store_.rows) {
    if (place.first != session_id) continue;
    if (turn.seq && !numbers.insert(*turn.seq).second)
      violate(fmt::format("{}: number {} is that of two turns", session_id, *turn.seq));
    rows.push_back(turn);
  }
  const auto letters = std::ranges::count(store_.dead_letters, session_id, &DeadLetter::session_id);
  const std::int64_t count = store_.sessions.at(session_id).session.question_count;
  const std::int64_t there = static_cast<std::int64_t>(rows.size()) + letters;
  const auto found = lost_.find(session_id);
  const std::int64_t lost = found == lost_.end() ? 0 : found->second;
  std::vector<const Call*> known;
  bool provisional = false;
  for (const auto& [user, call] : calls) {
    if (call.session_id != session_id) continue;
    provisional = provisional || call.provisional;
    if (call.outcome == Outcome::acknowledged && !call.provisional && !excused_users_.contains(user) &&
        !renumbered_.contains(user) && !call.turn_id.empty() && store_.find(call.turn_id) != nullptr)
      known.push_back(&call);
  }
  if (!numbers.empty() && *numbers.rbegin() > count)
    violate(fmt::format("{}: count {} is below number {}", session_id, count, *numbers.rbegin()));
  // A turn in quarantine has a number that another turn may have as well.
  const std::int64_t doubled = rewound_.contains(session_id) ? letters : 0;
  const bool strange = sessions_of_strangers.contains(session_id);
  if (!strange && (count > there + lost || count < there - doubled))
    violate(fmt::format("{}: count {}, but {} rows, {} dead letters and {} lost", session_id, count,
                        rows.size(), letters, lost));
  check_order(session_id, known);
  const bool plain = letters == 0 && lost == 0 && !provisional && !rewound_.contains(session_id) &&
                     !sessions_of_strangers.contains(session_id);
  check_cached(session_id, plain ? rows : std::vector<Turn>(), count);
}

void Ledger::check_order(const std::string& session_id, const std::vector<const Call*>& known) {
  std::vector<const Call*> calls_down = known;
  std::ranges::sort(calls_down, std::greater{}, &Call::count);
  const Call* earliest = nullptr;
  for (const Call* call : calls_down) {
    if (earliest != nullptr && call->invoked > earliest->ended)
      violate(fmt::format("{}: {} was asked after {} was acknowledged, and has a lower number", session_id,
                          call->user_id, earliest->user_id));
    if (earliest == nullptr || call->ended < earliest->ended) earliest = call;
  }
  std::ranges::sort(calls_down, {}, &Call::count);
  for (std::size_t i = 1; i < calls_down.size(); ++i) {
    if (calls_down[i - 1]->timestamp_us >= calls_down[i]->timestamp_us)
      violate(fmt::format("{}: {} comes before {} but has a later time stamp", session_id,
                          calls_down[i - 1]->user_id, calls_down[i]->user_id));
  }
}

void Ledger::check_cached(const std::string& session_id, const std::vector<Turn>& rows, std::int64_t count) {
  const auto found = cache_.memory().sessions.find(session_id);
  if (found == cache_.memory().sessions.end() || !found->second.count) return;
  if (*found->second.count != count && !sessions_of_strangers.contains(session_id))
    violate(fmt::format("{}: the cache counts {}, the store {}", session_id, *found->second.count, count));
  if (rows.empty()) return;
  std::vector<std::string> expected;
  std::vector<std::string> history;
  for (std::size_t i = rows.size() - std::min(rows.size(), kHistoryTurns); i < rows.size(); ++i)
    expected.push_back(rows[i].turn_id);
  for (const Turn& turn : found->second.history) history.push_back(turn.turn_id);
  if (history != expected) violate(session_id + ": the history is not that of the last turns");
}

}  // namespace chatsync::simulation
