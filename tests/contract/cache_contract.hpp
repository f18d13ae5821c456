#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "contract/cache_rig.hpp"
#include "contract/coroutine_test.hpp"
#include "contract/turns.hpp"

namespace chatsync::test {

/// The fixture of the cache's contract: every implementation must pass every test.
class CacheContract : public CoroutineTest, public ::testing::WithParamInterface<CacheKind> {
 protected:
  CacheRig& rig() { return *rig_; }
  TurnCache& cache() { return rig_->cache(); }
  PendingTurns& pending_turns() { return rig_->pending(); }

  RecordOutcome record(Turn turn, SessionPresence presence = SessionPresence::known_new) {
    return ok(record_turn(cache(), std::move(turn), presence));
  }

  /// Records turns `first` to `last`.
  void record_turns(const std::string& session_id, int first, int last) {
    for (int number = first; number <= last; ++number) record(turn_of(session_id, number));
  }

  std::vector<TurnBatch> batches_of_pass(PassKind kind = PassKind::indexed, std::size_t max_turns = 100) {
    const auto pass = pending_turns().begin_pass(kind);
    std::vector<TurnBatch> batches;
    while (true) {
      TurnBatch batch = ok(pass->next(max_turns));
      if (batch.empty()) return batches;
      batches.push_back(std::move(batch));
    }
  }

  /// A whole pass as one batch.
  SharedBatch claim(PassKind kind = PassKind::indexed) {
    TurnBatch all;
    for (TurnBatch& batch : batches_of_pass(kind)) {
      all.of_relief = batch.of_relief;
      std::ranges::move(batch.sessions, std::back_inserter(all.sessions));
      std::ranges::move(batch.turns, std::back_inserter(all.turns));
      std::ranges::move(batch.dead_letters, std::back_inserter(all.dead_letters));
    }
    return std::make_shared<const TurnBatch>(std::move(all));
  }

  /// The turns that a pass visits, by session and time stamp.
  std::vector<Turn> claimed_turns(PassKind kind = PassKind::indexed) {
    std::vector<Turn> turns;
    for (const PendingTurn& pending : claim(kind)->turns) turns.push_back(pending.turn);
    std::ranges::sort(turns, [](const Turn& a, const Turn& b) {
      return std::pair(a.session_id, a.timestamp_us) < std::pair(b.session_id, b.timestamp_us);
    });
    return turns;
  }

  std::size_t acknowledge(SharedBatch batch) { return ok(pending_turns().acknowledge(std::move(batch))); }
  void sync_everything() { acknowledge(claim()); }

  std::vector<Turn> pending_of(const std::string& session_id, TurnPage page = {.limit = 1'000}) {
    return ok(cache().pending(session_id, page));
  }

  void use_session_ttl(std::chrono::milliseconds ttl) {
    rig_.reset();
    rig_ = make_cache_rig(GetParam(), io(), ttl);
  }

 private:
  std::unique_ptr<CacheRig> rig_ = make_cache_rig(GetParam(), io());
};

inline auto every_cache() { return ::testing::Values(CacheKind::redis, CacheKind::embedded); }

/// What a test is called by its parameter: `Contract/CacheRecord.Name/redis`.
inline std::string cache_name(const ::testing::TestParamInfo<CacheKind>& info) {
  return ::testing::PrintToString(info.param);
}

}  // namespace chatsync::test
