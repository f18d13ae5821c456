// A turn's number is the one after the session's settled and unsettled turns, its time stamp the one proposed
// unless the session has a later turn; then it is stamped after that, and never as the cache would. Each turn
// of a call counts for the next of its session, and one that comes a second time, in this call or after an
// earlier one, gets what it got first.
#include "sql/append_plan.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <tuple>

#include "chat/turn_stamp.hpp"

namespace chatsync::sql {
namespace {

Result<AppendOutcome> stored_before(const StoredAppend& stored, const Turn& turn) {
  if (stored.session_id == turn.session_id) return stored.outcome;
  return fail(ErrorKind::conflict, "turn " + turn.turn_id + " belongs to session " + stored.session_id,
              "turn_exists");
}

AppendOutcome next_of(AppendBase& base, const DirectTurn& direct) {
  const std::int64_t timestamp_us = store_stamp(direct.turn.timestamp_us, base.last_timestamp_us);
  base.last_timestamp_us = timestamp_us;
  ++base.unsettled;
  return {.question_count = base.question_count + base.unsettled,
          .timestamp_us = timestamp_us,
          .provisional = !direct.known_new};
}

}  // namespace

std::vector<Session> sessions_of_turns(std::span<const DirectTurn> turns) {
  std::map<std::string_view, Session> sessions;
  for (const auto& [turn, known_new] : turns) {
    const auto at = turn.timestamp_us;
    Session& session =
        sessions.try_emplace(turn.session_id, Session{turn.session_id, turn.user_id, {}, 0, at, at})
            .first->second;
    session.created_at_us = std::min(session.created_at_us, at);
    session.updated_at_us = std::max(session.updated_at_us, at);
  }
  std::vector<Session> result;
  result.reserve(sessions.size());
  for (auto& [id, session] : sessions) result.push_back(std::move(session));
  return result;
}

AppendPlan plan_append(std::span<const DirectTurn> turns, std::map<std::string, AppendBase> bases,
                       std::unordered_map<std::string, StoredAppend> stored) {
  AppendPlan plan;
  plan.outcomes.reserve(turns.size());
  for (const DirectTurn& direct : turns) {
    const Turn& turn = direct.turn;
    AppendBase& base = bases[turn.session_id];
    if (base.deleted) {
      plan.outcomes.push_back(fail(ErrorKind::gone,
                                   "session " + turn.session_id + " was deleted; choose another session_id",
                                   "session_deleted", "session_id"));
      continue;
    }
    if (const auto known = stored.find(turn.turn_id); known != stored.end()) {
      plan.outcomes.push_back(stored_before(known->second, turn));
      continue;
    }
    const AppendOutcome outcome = next_of(base, direct);
    if (outcome.timestamp_us > turn.timestamp_us) plan.later_activity[turn.session_id] = outcome.timestamp_us;
    AppendPlan::Row& row = plan.rows.emplace_back(PendingTurn{turn, {}}, outcome.provisional);
    row.turn.turn.timestamp_us = outcome.timestamp_us;
    row.turn.turn.seq = outcome.question_count;
    stored.emplace(turn.turn_id, StoredAppend{turn.session_id, outcome});
    plan.outcomes.push_back(outcome);
  }
  std::ranges::sort(plan.rows, {}, [](const AppendPlan::Row& row) {
    return std::tuple(std::string_view(row.turn.turn.session_id), row.turn.turn.timestamp_us);
  });
  return plan;
}

AsyncResult<AppendOutcomes> append_all_but_rejected(
    std::function<AsyncResult<AppendOutcomes>(std::size_t begin, std::size_t end)> append_range,
    std::size_t begin, std::size_t end) {
  Result<AppendOutcomes> done = co_await append_range(begin, end);
  if (done || done.error().kind != ErrorKind::rejected) co_return done;
  if (end - begin == 1) co_return AppendOutcomes{std::unexpected(std::move(done).error())};

  const std::size_t middle = begin + (end - begin) / 2;
  Result<AppendOutcomes> outcomes = co_await append_all_but_rejected(append_range, begin, middle);
  if (!outcomes) co_return outcomes;
  Result<AppendOutcomes> others = co_await append_all_but_rejected(append_range, middle, end);
  if (!others) {
    // The first half is committed.
    others.error().kind = ErrorKind::outcome_unknown;
    co_return others;
  }
  std::ranges::move(*others, std::back_inserter(*outcomes));
  co_return outcomes;
}

}  // namespace chatsync::sql
