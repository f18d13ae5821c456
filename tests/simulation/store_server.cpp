#include "simulation/store_server.hpp"

#include <algorithm>

#include "base/fault.hpp"
#include "chat/turn_stamp.hpp"

namespace chatsync::simulation {

using fault::PlantedBug;

bool StoreServer::refuses_lineage(std::uint64_t lineage) const {
  return lineage != 0 && admitted_ != 0 && lineage != admitted_;
}

bool StoreServer::admit_lineage(std::uint64_t lineage, std::uint64_t expected) {
  if (admitted_ != expected || superseded_.contains(lineage)) return false;
  if (admitted_ != 0 && admitted_ != lineage) superseded_.insert(admitted_);
  admitted_ = lineage;
  return true;
}

Result<WriteOutcome> StoreServer::write(const TurnBatch& batch) {
  if (refuses_lineage(batch.lineage))
    return fail(ErrorKind::conflict, "simulated: superseded", kLineageSuperseded);
  for (const PendingTurn& pending : batch.turns) {
    if (refuses(pending.turn) && !fault::planted(PlantedBug::insert_ignore))
      return fail(ErrorKind::rejected, "simulated: refused", "1366");
  }
  WriteOutcome outcome;
  for (Session session : batch.sessions) {
    StoredState& stored = sessions[session.session_id];
    // What the cache counts is not what it hands over: an unsettled turn may have a number there alone.
    if (std::ranges::count(batch.dead_letters, session.session_id, &DeadLetter::session_id) == 0)
      session.question_count = 0;
    if (stored.session.session_id.empty()) {
      stored.session = std::move(session);
      continue;
    }
    if (stored.deleted && !fault::planted(PlantedBug::ignore_tombstone)) continue;
    Session& own = stored.session;
    own.question_count = std::max(own.question_count, session.question_count);
    own.updated_at_us = std::max(own.updated_at_us, session.updated_at_us);
    own.created_at_us = std::min(own.created_at_us, session.created_at_us);
    if (!session.title.empty()) own.title = session.title;
  }
  for (const PendingTurn& pending : batch.turns) insert(pending, outcome);
  for (const DeadLetter& letter : batch.dead_letters) {
    if (sessions[letter.session_id].deleted) {
      ++outcome.deleted;
    } else {
      quarantine(letter);
    }
  }
  return outcome;
}

void StoreServer::insert(const PendingTurn& pending, WriteOutcome& outcome) {
  const Turn& turn = pending.turn;
  StoredState& stored = sessions[turn.session_id];
  if (stored.session.session_id.empty()) {
    stored.session = {.session_id = turn.session_id, .user_id = turn.user_id};
    stored.session.created_at_us = turn.timestamp_us;
  }
  if (stored.deleted && !fault::planted(PlantedBug::ignore_tombstone)) {
    ++outcome.deleted;
    return;
  }
  const Place place{turn.session_id, turn.timestamp_us};
  if (settle_by(turn)) return;
  if (const auto known = places_.find(turn.turn_id); known != places_.end() && known->second == place) return;
  if (fault::planted(PlantedBug::identity_by_content)) {
    const auto same = std::ranges::find_if(rows, [&](const auto& row) {
      return row.first.first == turn.session_id && row.second.question == turn.question &&
             row.second.answer == turn.answer;
    });
    if (same != rows.end()) return;
  }
  if (places_.contains(turn.turn_id) || rows.contains(place)) {
    if (fault::planted(PlantedBug::insert_ignore)) return;
    ++outcome.quarantined;
    quarantine({.session_id = turn.session_id,
                .key = pending.key,
                .reason = "clash",
                .error_code = "identity_clash",
                .payload = turn.turn_id + " of \"" + turn.user_id + '"'});
  } else {
    ++outcome.inserted;
    places_.emplace(turn.turn_id, place);
    Turn& row = rows.emplace(place, turn).first->second;
    // Only with the planted bug does it come here: what the column refuses is cut.
    if (refuses(turn)) row.question.clear();
  }
  stored.session.question_count = std::max(stored.session.question_count, turn.seq.value_or(0));
  stored.session.updated_at_us = std::max(stored.session.updated_at_us, turn.timestamp_us);
  if (!turn.seq) {
    const auto count = static_cast<std::int64_t>(of_session(turn.session_id).size());
    stored.session.question_count = std::max(stored.session.question_count, count);
  }
}

void StoreServer::quarantine(DeadLetter letter) {
  const bool known = std::ranges::any_of(dead_letters, [&](const DeadLetter& each) {
    return each.session_id == letter.session_id && each.key == letter.key && each.payload == letter.payload;
  });
  if (!known) dead_letters.push_back(std::move(letter));
}

Result<std::vector<Result<AppendOutcome>>> StoreServer::append(const std::vector<DirectTurn>& turns) {
  std::vector<Result<AppendOutcome>> outcomes;
  for (const DirectTurn& direct : turns) outcomes.push_back(append_one(direct));
  return outcomes;
}

Result<AppendOutcome> StoreServer::append_one(const DirectTurn& direct) {
  Turn turn = direct.turn;
  StoredState& stored = sessions[turn.session_id];
  if (stored.deleted) return fail(ErrorKind::gone, "simulated: erased", "session_deleted");
  if (refuses(turn)) return fail(ErrorKind::rejected, "simulated: refused", "1366");
  if (const auto known = places_.find(turn.turn_id); known != places_.end()) {
    const Turn& there = rows.at(known->second);
    return AppendOutcome{.question_count = there.seq.value_or(0),
                         .timestamp_us = there.timestamp_us,
                         .provisional = stored.unsettled.contains(there.timestamp_us)};
  }
  // The first turn of a session that nobody else can know; from the second on, somebody may have told the
  // cache.
  const bool first = stored.session.session_id.empty() && direct.known_new;
  if (stored.session.session_id.empty()) {
    stored.session = {.session_id = turn.session_id,
                      .user_id = turn.user_id,
                      .created_at_us = turn.timestamp_us,
                      .updated_at_us = turn.timestamp_us};
  }
  const std::vector<Turn> before = of_session(turn.session_id);
  turn.timestamp_us = store_stamp(turn.timestamp_us, before.empty() ? 0 : before.back().timestamp_us);
  turn.seq = stored.session.question_count + static_cast<std::int64_t>(stored.unsettled.size()) + 1;
  stored.session.updated_at_us = std::max(stored.session.updated_at_us, turn.timestamp_us);
  stored.unsettled.insert(turn.timestamp_us);
  const Place place{turn.session_id, turn.timestamp_us};
  places_.emplace(turn.turn_id, place);
  rows.emplace(place, turn);
  return AppendOutcome{.question_count = *turn.seq, .timestamp_us = turn.timestamp_us, .provisional = !first};
}

std::vector<std::string> StoreServer::unsettled_sessions(const std::string& after, std::size_t limit) const {
  std::vector<std::string> found;
  for (auto at = sessions.upper_bound(after); at != sessions.end() && found.size() < limit; ++at) {
    if (!at->second.unsettled.empty()) found.push_back(at->first);
  }
  return found;
}

Result<void> StoreServer::settle(const std::string& session_id, std::vector<SettledTurn> turns,
                                 std::uint64_t lineage) {
  if (refuses_lineage(lineage)) return fail(ErrorKind::conflict, "simulated: superseded", kLineageSuperseded);
  const auto found = sessions.find(session_id);
  if (found == sessions.end()) return {};
  std::ranges::sort(turns, std::greater{}, &SettledTurn::timestamp_us);
  for (const SettledTurn& turn : turns) {
    if (found->second.unsettled.erase(turn.timestamp_us) == 0) continue;
    move_row({session_id, turn.timestamp_us}, turn.seq, turn.final_timestamp_us);
  }
  return {};
}

bool StoreServer::settle_by(const Turn& turn) {
  const auto place = places_.find(turn.turn_id);
  if (place == places_.end() || place->second.first != turn.session_id) return false;
  if (sessions[turn.session_id].unsettled.erase(place->second.second) == 0) return false;
  move_row(place->second, turn.seq, turn.timestamp_us);
  return true;
}

/// Gives a turn that was unsettled its number, and its time stamp if that is free.
void StoreServer::move_row(const Place& from, std::optional<std::int64_t> seq, std::int64_t timestamp_us) {
  auto row = rows.extract(from);
  row.mapped().seq = seq;
  const Place last{row.key().first, timestamp_us};
  if (!rows.contains(last)) {
    row.key() = last;
    row.mapped().timestamp_us = timestamp_us;
    places_[row.mapped().turn_id] = last;
  }
  Session& session = sessions[last.first].session;
  session.updated_at_us = std::max(session.updated_at_us, row.mapped().timestamp_us);
  session.question_count = std::max(session.question_count, seq.value_or(0));
  rows.insert(std::move(row));
}

std::vector<SessionCount> StoreServer::counts_of(const std::vector<std::string>& session_ids) const {
  std::vector<SessionCount> counts;
  for (const std::string& id : session_ids) {
    const auto found = sessions.find(id);
    if (found != sessions.end() && !found->second.deleted && !found->second.session.session_id.empty())
      counts.push_back({id, found->second.session.question_count});
  }
  return counts;
}

std::optional<StoredSession> StoreServer::load(const std::string& session_id, std::size_t recent) const {
  const auto found = sessions.find(session_id);
  if (found == sessions.end() || (found->second.session.session_id.empty() && !found->second.deleted))
    return std::nullopt;
  const StoredState& state = found->second;
  StoredSession stored{.session = state.session, .deleted = state.deleted};
  for (Turn& turn : of_session(session_id)) {
    if (!state.unsettled.contains(turn.timestamp_us)) {
      stored.recent.push_back(std::move(turn));
    } else if (stored.unsettled.size() < kUnsettledAtOnce) {
      stored.unsettled.push_back(std::move(turn));
    }
  }
  if (stored.recent.size() > recent) {
    stored.recent.erase(stored.recent.begin(), stored.recent.end() - static_cast<std::ptrdiff_t>(recent));
  }
  stored.unsettled_count = static_cast<std::int64_t>(state.unsettled.size());
  return stored;
}

std::vector<Turn> StoreServer::of_session(const std::string& session_id) const {
  std::vector<Turn> found;
  for (auto at = rows.lower_bound({session_id, 0}); at != rows.end() && at->first.first == session_id; ++at)
    found.push_back(at->second);
  return found;
}

std::vector<Turn> StoreServer::turns(const std::string& session_id, const TurnPage& page) const {
  std::vector<Turn> found = of_session(session_id);
  std::erase_if(found, [&](const Turn& turn) {
    return (page.before_us && turn.timestamp_us >= *page.before_us) ||
           (page.after_us && turn.timestamp_us <= *page.after_us);
  });
  if (found.size() <= page.limit) return found;
  const auto excess = static_cast<std::ptrdiff_t>(found.size() - page.limit);
  page.after_us ? found.erase(found.end() - excess, found.end())
                : found.erase(found.begin(), found.begin() + excess);
  return found;
}

std::vector<Session> StoreServer::sessions_of(const std::string& user_id, const SessionPage& page) const {
  std::vector<Session> found;
  for (const auto& [id, state] : sessions) {
    if (state.session.user_id == user_id && !state.deleted && found.size() < page.limit)
      found.push_back(state.session);
  }
  return found;
}

std::size_t StoreServer::erase(const std::string& session_id, std::int64_t accepted) {
  StoredState& stored = sessions[session_id];
  stored.session.session_id = session_id;
  stored.session.question_count = std::max(stored.session.question_count, accepted);
  stored.deleted = true;
  stored.unsettled.clear();
  std::erase_if(dead_letters, [&](const DeadLetter& letter) { return letter.session_id == session_id; });
  std::erase_if(places_, [&](const auto& each) { return each.second.first == session_id; });
  return std::erase_if(rows, [&](const auto& row) { return row.first.first == session_id; });
}

bool StoreServer::is_unsettled(const std::string& turn_id) const {
  const Turn* const turn = find(turn_id);
  return turn != nullptr && sessions.at(turn->session_id).unsettled.contains(turn->timestamp_us);
}

const Turn* StoreServer::find(const std::string& turn_id) const {
  const auto place = places_.find(turn_id);
  return place == places_.end() ? nullptr : &rows.at(place->second);
}

}  // namespace chatsync::simulation
