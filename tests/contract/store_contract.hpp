#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "contract/coroutine_test.hpp"
#include "contract/store_rig.hpp"
#include "contract/turns.hpp"

namespace chatsync::test {

/// The fixture of the store's contract: every implementation must pass every test.
class StoreContract : public CoroutineTest, public ::testing::WithParamInterface<StoreKind> {
 protected:
  StoreRig& rig() { return *rig_; }
  sql::SqlStore& store() { return rig_->store(); }

  WriteOutcome write(SharedBatch batch) { return ok(store().write(std::move(batch))); }
  WriteOutcome write(const std::vector<Turn>& turns) { return write(batch_of(turns)); }
  WriteOutcome write_session(const Session& session) {
    return write(
        std::make_shared<const TurnBatch>(TurnBatch{.sessions = {session}, .turns = {}, .dead_letters = {}}));
  }

  WriteOutcome write_letters(std::vector<DeadLetter> letters, std::vector<Session> sessions = {}) {
    return write(std::make_shared<const TurnBatch>(
        TurnBatch{.sessions = std::move(sessions), .turns = {}, .dead_letters = std::move(letters)}));
  }

  /// Appends turns as the service does while the cache is away.
  static AsyncResult<std::vector<Result<AppendOutcome>>> appending(TurnStore& store,
                                                                   std::vector<DirectTurn> turns) {
    return store.append(std::make_shared<const std::vector<DirectTurn>>(std::move(turns)));
  }
  std::vector<AppendOutcome> append(std::vector<DirectTurn> turns) {
    std::vector<AppendOutcome> outcomes;
    for (auto& outcome : ok(appending(store(), std::move(turns)))) {
      if (!outcome) throw std::runtime_error(outcome.error().message);
      outcomes.push_back(*outcome);
    }
    return outcomes;
  }
  AppendOutcome append(const Turn& turn, bool known_new = false) {
    return append(std::vector<DirectTurn>{{turn, known_new}}).front();
  }
  void settle(const std::string& session_id, std::vector<SettledTurn> turns) {
    ok(store().settle(session_id, std::move(turns), 0));
  }

  std::optional<StoredSession> load(const std::string& session_id, std::size_t recent = 0) {
    return ok(store().load(session_id, recent));
  }
  std::vector<Turn> turns(const std::string& session_id, TurnPage page = {.limit = 1'000}) {
    return ok(store().turns(session_id, page));
  }

  /// The error codes of all dead letters.
  std::vector<std::string> dead_letter_codes() {
    return rig_->select("SELECT error_code FROM dead_letters ORDER BY id");
  }

 private:
  std::unique_ptr<StoreRig> rig_ = make_store_rig(GetParam());
};

inline auto every_store() { return ::testing::Values(StoreKind::mysql, StoreKind::sqlite); }

inline std::string store_name(const ::testing::TestParamInfo<StoreKind>& info) {
  return ::testing::PrintToString(info.param);
}

}  // namespace chatsync::test
