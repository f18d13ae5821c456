#include "simulation/store_port.hpp"

#include <utility>

namespace chatsync::simulation {
namespace {

std::string described(const TurnBatch& batch) {
  std::string text = fmt::format("write {} turns:", batch.turns.size());
  for (const PendingTurn& pending : batch.turns) {
    text += fmt::format(" {}#{}({})", pending.turn.session_id, pending.turn.seq.value_or(0),
                        pending.turn.user_id);
  }
  return text;
}

}  // namespace

AsyncResult<WriteOutcome> StorePort::write(SharedBatch batch) {
  std::string what = described(*batch);
  return call<WriteOutcome>(std::move(what),
                            [this, batch = std::move(batch)] { return server_.write(*batch); });
}

AsyncResult<std::vector<Result<AppendOutcome>>> StorePort::append(
    std::shared_ptr<const std::vector<DirectTurn>> turns) {
  std::string what = fmt::format("append {} turns:", turns->size());
  for (const DirectTurn& each : *turns)
    what += fmt::format(" {}({})", each.turn.session_id, each.turn.user_id);
  return call<std::vector<Result<AppendOutcome>>>(
      std::move(what), [this, turns = std::move(turns)] { return server_.append(*turns); });
}

AsyncResult<std::vector<std::string>> StorePort::unsettled_sessions(std::string after, std::size_t limit) {
  return call<std::vector<std::string>>("unsettled sessions", [this, after = std::move(after), limit] {
    return server_.unsettled_sessions(after, limit);
  });
}

AsyncResult<void> StorePort::settle(std::string session_id, std::vector<SettledTurn> turns,
                                    std::uint64_t lineage) {
  std::string what = "settle " + session_id + ":";
  for (const SettledTurn& turn : turns) what += fmt::format(" {}→#{}", turn.timestamp_us, turn.seq);
  return call<void>(std::move(what), [this, id = std::move(session_id), turns = std::move(turns), lineage] {
    return server_.settle(id, turns, lineage);
  });
}

AsyncResult<std::uint64_t> StorePort::admitted_lineage() {
  return call<std::uint64_t>("admitted lineage", [this] { return server_.admitted_lineage(); });
}

AsyncResult<bool> StorePort::admit_lineage(std::uint64_t lineage, std::uint64_t expected) {
  return call<bool>(fmt::format("admit lineage {} after {}", lineage, expected),
                    [this, lineage, expected] { return server_.admit_lineage(lineage, expected); });
}

AsyncResult<std::vector<SessionCount>> StorePort::counts_of(std::vector<std::string> session_ids) {
  return call<std::vector<SessionCount>>(
      "counts", [this, ids = std::move(session_ids)] { return server_.counts_of(ids); });
}

AsyncResult<bool> StorePort::knows_lineage(std::uint64_t lineage) {
  return call<bool>("knows lineage", [this, lineage] { return server_.lineages.contains(lineage); });
}

AsyncResult<void> StorePort::note_lineage(std::uint64_t lineage) {
  return call<void>("note lineage", [this, lineage] {
    server_.lineages.insert(lineage);
    return Result<void>();
  });
}

AsyncResult<std::optional<StoredSession>> StorePort::load(std::string session_id, std::size_t recent) {
  std::string what = "load " + session_id;
  return call<std::optional<StoredSession>>(
      std::move(what), [this, id = std::move(session_id), recent] { return server_.load(id, recent); });
}

AsyncResult<std::vector<Turn>> StorePort::turns(std::string session_id, TurnPage page) {
  std::string what = "turns of " + session_id;
  return call<std::vector<Turn>>(
      std::move(what), [this, id = std::move(session_id), page] { return server_.turns(id, page); });
}

AsyncResult<std::optional<Turn>> StorePort::find_turn(std::string turn_id) {
  return call<std::optional<Turn>>("find turn", [this, id = std::move(turn_id)] {
    for (const auto& [place, turn] : server_.rows) {
      if (turn.turn_id == id) return Result<std::optional<Turn>>(turn);
    }
    return Result<std::optional<Turn>>();
  });
}

AsyncResult<std::int64_t> StorePort::count_turns(std::string session_id) {
  return call<std::int64_t>("count turns", [this, id = std::move(session_id)] {
    return static_cast<std::int64_t>(server_.turns(id, {.limit = 1'000'000}).size());
  });
}

AsyncResult<std::vector<Session>> StorePort::sessions_of(std::string user_id, SessionPage page) {
  return call<std::vector<Session>>("sessions", [this, id = std::move(user_id), page = std::move(page)] {
    return server_.sessions_of(id, page);
  });
}

AsyncResult<std::size_t> StorePort::erase(std::string session_id, std::int64_t accepted) {
  std::string what = "bury " + session_id;
  return call<std::size_t>(
      std::move(what), [this, id = std::move(session_id), accepted] { return server_.erase(id, accepted); });
}

AsyncResult<void> StorePort::ping() {
  return call<void>("ping", [] { return Result<void>(); });
}

}  // namespace chatsync::simulation
