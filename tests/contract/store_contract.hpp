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
  TurnStore& store() { return rig_->store(); }

  WriteOutcome write(SharedBatch batch) { return ok(store().write(std::move(batch))); }
  WriteOutcome write(const std::vector<Turn>& turns) { return write(batch_of(turns)); }
  WriteOutcome write_session(const Session& session) {
    return write(
        std::make_shared<const TurnBatch>(TurnBatch{.sessions = {session}, .turns = {}, .dead_letters = {}}));
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
