#pragma once

#include <memory>
#include <string>
#include <vector>

#include "simulation/cache_server.hpp"
#include "simulation/link.hpp"

namespace chatsync::simulation {

/// A process's connection to the cache: both ports over one link. It belongs to one process of the cache and
/// reaches no other until it is connected anew.
class CachePort final : public TurnCache, public PendingTurns {
 public:
  CachePort(World& world, Process& process, const Conditions& conditions, CacheServer& server)
      : link(world, process, conditions, "cache"),
        world_(world),
        conditions_(conditions),
        server_(server),
        lineage_(server.lineage()) {}

  /// To the cache as it is.
  void reconnect() {
    if (!link.cut && server_.up) lineage_ = server_.lineage();
  }

  AsyncResult<RecordOutcome> record(const Turn* turn, SessionPresence presence) override;
  AsyncResult<std::vector<SettledTurn>> seed(SessionSeed seed) override;
  AsyncResult<void> forget_settled(std::string session_id, std::vector<std::int64_t> timestamps_us) override;
  std::uint64_t lineage() const override { return lineage_; }
  AsyncResult<bool> create(Session session) override;
  AsyncResult<std::optional<CachedSession>> find(std::string session_id) override;
  AsyncResult<Session> own_data(std::string session_id) override;
  AsyncResult<std::vector<Turn>> history(std::string session_id) override;
  AsyncResult<std::vector<Turn>> pending(std::string session_id, TurnPage page) override;
  AsyncResult<std::vector<Session>> unsynced_sessions_of(std::string user_id) override;
  std::string pending_key(const std::string& session_id, std::int64_t timestamp_us) const override;
  AsyncResult<std::size_t> erase(std::string session_id) override;
  AsyncResult<CacheHealth> health() override;
  std::string kind() const override { return "simulated"; }

  std::unique_ptr<PendingPass> begin_pass(PassKind kind) override;
  AsyncResult<std::size_t> acknowledge(SharedBatch batch) override;
  AsyncResult<std::size_t> count_pending() override;
  AsyncResult<std::optional<std::int64_t>> oldest_pending_us() override;
  std::unique_ptr<SessionWalk> walk_sessions() override;

  Link link;

 private:
  class Pass;
  class Walk;

  /// One round trip.
  template <class T, class Step>
  AsyncResult<T> call(std::string what, Step step) {
    auto reachable = [this, lineage = lineage_] { return server_.up && server_.lineage() == lineage; };
    return link.call<T>(std::move(what), std::move(reachable),
                        [step = std::move(step)]() mutable { return Result<T>(step()); });
  }

  World& world_;
  const Conditions& conditions_;
  CacheServer& server_;
  std::uint64_t lineage_;
};

}  // namespace chatsync::simulation
