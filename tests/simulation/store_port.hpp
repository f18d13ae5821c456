#pragma once

#include <memory>
#include <string>
#include <vector>

#include "simulation/link.hpp"
#include "simulation/store_server.hpp"

namespace chatsync::simulation {

/// A process's way to the store.
class StorePort final : public TurnStore {
 public:
  StorePort(World& world, Process& process, const Conditions& conditions, StoreServer& server)
      : link(world, process, conditions, "store"), server_(server) {}

  AsyncResult<WriteOutcome> write(SharedBatch batch) override;
  AsyncResult<std::vector<Result<AppendOutcome>>> append(
      std::shared_ptr<const std::vector<DirectTurn>> turns) override;
  AsyncResult<std::vector<std::string>> unsettled_sessions(std::string after, std::size_t limit) override;
  AsyncResult<void> settle(std::string session_id, std::vector<SettledTurn> turns,
                           std::uint64_t lineage) override;
  AsyncResult<std::uint64_t> admitted_lineage() override;
  AsyncResult<bool> admit_lineage(std::uint64_t lineage, std::uint64_t expected) override;
  AsyncResult<std::vector<SessionCount>> counts_of(std::vector<std::string> session_ids) override;
  AsyncResult<bool> knows_lineage(std::uint64_t lineage) override;
  AsyncResult<void> note_lineage(std::uint64_t lineage) override;
  AsyncResult<std::optional<StoredSession>> load(std::string session_id, std::size_t recent) override;
  AsyncResult<std::vector<Turn>> turns(std::string session_id, TurnPage page) override;
  AsyncResult<std::optional<Turn>> find_turn(std::string turn_id) override;
  AsyncResult<std::int64_t> count_turns(std::string session_id) override;
  AsyncResult<std::vector<Session>> sessions_of(std::string user_id, SessionPage page) override;
  AsyncResult<std::size_t> erase(std::string session_id, std::int64_t accepted) override;
  AsyncResult<void> ping() override;
  std::string kind() const override { return "simulated"; }

  Link link;

 private:
  /// One transaction.
  template <class T, class Step>
  AsyncResult<T> call(std::string what, Step step) {
    return link.call<T>(
        std::move(what), [this] { return server_.up; },
        [step = std::move(step)]() mutable { return Result<T>(step()); });
  }

  StoreServer& server_;
};

}  // namespace chatsync::simulation
