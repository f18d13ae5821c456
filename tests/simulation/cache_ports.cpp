#include "simulation/cache_ports.hpp"

#include <algorithm>
#include <deque>
#include <utility>

namespace chatsync::simulation {
namespace {

/// What one round trip of a pass brings of a session: some of its turns, and what cannot be one.
struct Read {
  Session own;
  bool unsynced = false;
  std::vector<PendingTurn> turns;
  std::vector<DeadLetter> letters;
};

}  // namespace

// The server may get to it when the caller has given up.
AsyncResult<RecordOutcome> CachePort::record(const Turn* turn, SessionPresence presence) {
  std::string what = "record " + turn->session_id + " by " + turn->user_id;
  return call<RecordOutcome>(std::move(what),
                             [this, turn = *turn, presence] { return server_.record(turn, presence); });
}

AsyncResult<std::vector<SettledTurn>> CachePort::seed(SessionSeed seed) {
  std::string what = fmt::format("seed {} to {} with {} unsettled", seed.session.session_id,
                                 seed.session.question_count, seed.unsettled.size());
  return call<std::vector<SettledTurn>>(std::move(what),
                                        [this, seed = std::move(seed)] { return server_.seed(seed); });
}

AsyncResult<void> CachePort::forget_settled(std::string session_id, std::vector<std::int64_t> timestamps_us) {
  std::string what = "forget settled turns of " + session_id;
  return call<void>(std::move(what), [this, id = std::move(session_id), stamps = std::move(timestamps_us)] {
    server_.forget_settled(id, stamps);
    return Result<void>();
  });
}

AsyncResult<bool> CachePort::create(Session session) {
  std::string what = "create " + session.session_id;
  return call<bool>(std::move(what),
                    [this, session = std::move(session)] { return server_.create(session); });
}

AsyncResult<std::optional<CachedSession>> CachePort::find(std::string session_id) {
  std::string what = "find " + session_id;
  return call<std::optional<CachedSession>>(std::move(what),
                                            [this, id = std::move(session_id)] { return server_.find(id); });
}

AsyncResult<Session> CachePort::own_data(std::string session_id) {
  std::string what = "own data of " + session_id;
  return call<Session>(std::move(what), [this, id = std::move(session_id)] {
    const std::optional<CachedSession> found = server_.find(id);
    return found ? found->session : Session{.session_id = id};
  });
}

AsyncResult<std::vector<Turn>> CachePort::history(std::string session_id) {
  std::string what = "history " + session_id;
  return call<std::vector<Turn>>(std::move(what),
                                 [this, id = std::move(session_id)] { return server_.history(id); });
}

AsyncResult<std::vector<Turn>> CachePort::pending(std::string session_id, TurnPage page) {
  std::string what = "pending " + session_id;
  return call<std::vector<Turn>>(
      std::move(what), [this, id = std::move(session_id), page] { return server_.pending(id, page); });
}

AsyncResult<std::vector<Session>> CachePort::unsynced_sessions_of(std::string user_id) {
  return call<std::vector<Session>>(
      "unsynced sessions", [this, id = std::move(user_id)] { return server_.unsynced_sessions_of(id); });
}

std::string CachePort::pending_key(const std::string& session_id, std::int64_t timestamp_us) const {
  return CacheServer::key_of(session_id, timestamp_us);
}

AsyncResult<std::size_t> CachePort::erase(std::string session_id) {
  std::string what = "erase " + session_id;
  return call<std::size_t>(std::move(what), [this, id = std::move(session_id)] { return server_.erase(id); });
}

AsyncResult<CacheHealth> CachePort::health() {
  return call<CacheHealth>("health", [] { return CacheHealth{.durability = "simulated"}; });
}

AsyncResult<std::size_t> CachePort::acknowledge(SharedBatch batch) {
  std::string what = fmt::format("acknowledge {} turns", batch->turns.size());
  if (world_.random.chance(2 * conditions_.reply_lost)) {
    // One script a session: the connection may break between two of them.
    TurnBatch part{.turns = {batch->turns.begin(), batch->turns.begin() + batch->turns.size() / 2}};
    return call<std::size_t>(what + ", cut short", [this, part = std::move(part)] {
      static_cast<void>(server_.acknowledge(part));
      return Result<std::size_t>(fail(ErrorKind::outcome_unknown, "simulated: cut short"));
    });
  }
  return call<std::size_t>(std::move(what),
                           [this, batch = std::move(batch)] { return server_.acknowledge(*batch); });
}

AsyncResult<std::size_t> CachePort::count_pending() {
  return call<std::size_t>("count pending", [this] {
    std::size_t total = 0;
    for (const std::string& id : server_.dirty_sessions()) total += server_.members(id).size();
    return total;
  });
}

AsyncResult<std::optional<std::int64_t>> CachePort::oldest_pending_us() {
  return call<std::optional<std::int64_t>>("oldest pending", [this] {
    std::optional<std::int64_t> oldest;
    for (const std::string& id : server_.dirty_sessions()) {
      for (const std::int64_t stamp : server_.members(id)) oldest = std::min(oldest.value_or(stamp), stamp);
    }
    return oldest;
  });
}

// A step may come to pass after the caller has given up and its pass is gone: it owns all it needs but the
// server.

/// The index first, then each session's set as it is when its turn comes, then the turns of a batch: a round
/// trip each, between which others go on.
class CachePort::Pass final : public PendingPass {
 public:
  Pass(CachePort& port, PassKind kind) : port_(port), kind_(kind) {}

  AsyncResult<TurnBatch> next(std::size_t max_turns) override {
    if (!std::exchange(begun_, true)) {
      auto ids = co_await port_.call<std::vector<std::string>>(
          "read the index", [&server = port_.server_] { return server.dirty_sessions(); });
      if (!ids) co_return failure_of(std::move(ids));
      sessions_.assign(ids->begin(), ids->end());
      if (kind_ == PassKind::sweep) {
        auto more = co_await port_.call<std::vector<std::string>>(
            "sweep", [&server = port_.server_] { return server.sweep(); });
        if (!more) co_return failure_of(std::move(more));
        sessions_.insert(sessions_.end(), more->begin(), more->end());
      }
    }
    TurnBatch batch;
    std::size_t alone = 0;
    while (!sessions_.empty() && batch.turns.size() + batch.dead_letters.size() + alone < max_turns) {
      if (!opened_) {
        auto stamps = co_await port_.call<std::vector<std::int64_t>>(
            "read the set of " + sessions_.front(),
            [&server = port_.server_, id = sessions_.front()] { return server.members(id); });
        if (!stamps) co_return failure_of(std::move(stamps));
        unread_.assign(stamps->begin(), stamps->end());
        opened_ = true;
      }
      std::vector<std::int64_t> wanted;
      while (!unread_.empty() && wanted.size() + batch.turns.size() + batch.dead_letters.size() < max_turns) {
        wanted.push_back(unread_.front());
        unread_.pop_front();
      }
      auto read =
          co_await port_.call<Read>("read turns of " + sessions_.front(),
                                    [&server = port_.server_, id = sessions_.front(),
                                     wanted = std::move(wanted)] { return look_up(server, id, wanted); });
      if (!read) co_return failure_of(std::move(read));
      if (!read->turns.empty() || read->unsynced) {
        alone += read->turns.empty() ? 1 : 0;
        batch.sessions.push_back(std::move(read->own));
      }
      std::ranges::move(read->turns, std::back_inserter(batch.turns));
      std::ranges::move(read->letters, std::back_inserter(batch.dead_letters));
      if (unread_.empty()) {
        sessions_.pop_front();
        opened_ = false;
      }
    }
    co_return batch;
  }

 private:
  static Read look_up(CacheServer& server, const std::string& session_id,
                      const std::vector<std::int64_t>& wanted) {
    Read read;
    std::tie(read.own, read.unsynced) = server.own_data(session_id);
    const auto found = server.memory().sessions.find(session_id);
    if (found == server.memory().sessions.end()) return read;
    for (const std::int64_t stamp : wanted) {
      const std::string key = CacheServer::key_of(session_id, stamp);
      if (const auto turn = found->second.pending.find(stamp); turn != found->second.pending.end()) {
        read.turns.push_back({.turn = turn->second, .key = key});
        read.own.updated_at_us = std::max(read.own.updated_at_us, stamp);
        if (read.own.created_at_us == 0) read.own.created_at_us = stamp;
      } else if (found->second.broken.contains(stamp)) {
        read.letters.push_back({.session_id = session_id,
                                .key = key,
                                .reason = "no question",
                                .error_code = "missing_field",
                                .payload = "{}"});
      }
    }
    return read;
  }

  CachePort& port_;
  const PassKind kind_;
  bool begun_ = false;
  std::deque<std::string> sessions_;
  bool opened_ = false;
  std::deque<std::int64_t> unread_;
};

std::unique_ptr<PendingPass> CachePort::begin_pass(PassKind kind) {
  return std::make_unique<Pass>(*this, kind);
}

class CachePort::Walk final : public SessionWalk {
 public:
  explicit Walk(CachePort& port) : port_(port) {}

  AsyncResult<std::vector<SessionTally>> next(std::size_t /*max_sessions*/) override {
    auto tallies = co_await port_.call<std::vector<SessionTally>>(
        "walk over the sessions", [&server = port_.server_, last = last_] {
          std::vector<SessionTally> some;
          // Two at a time, so that others get in between.
          for (const std::string& id : server.session_ids()) {
            if (id <= last || some.size() == 2) continue;
            const CachedState& state = server.memory().sessions.at(id);
            some.push_back({.session_id = id,
                            .question_count = state.count.value_or(0),
                            .pending = state.pending.size() + state.broken.size(),
                            .history_length = state.history.size()});
          }
          return some;
        });
    if (tallies && !tallies->empty()) last_ = tallies->back().session_id;
    co_return tallies;
  }

 private:
  CachePort& port_;
  std::string last_;
};

std::unique_ptr<SessionWalk> CachePort::walk_sessions() { return std::make_unique<Walk>(*this); }

}  // namespace chatsync::simulation
