// The ids are those of the moment when the walk began; what there is of each is read when its turn comes.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "embedded/cache_state.hpp"

namespace chatsync::embedded {
namespace {

class IndexWalk final : public SessionWalk {
 public:
  explicit IndexWalk(EmbeddedTurnCache::State& state) : state_(state) {}

  AsyncResult<std::vector<SessionTally>> next(std::size_t max_sessions) override {
    std::vector<SessionTally> tallies;
    const std::scoped_lock lock(state_.mutex);
    if (!ids_) ids_ = state_.index.session_ids();
    while (!ids_->empty() && tallies.size() < std::max<std::size_t>(max_sessions, 1)) {
      if (const SessionEntry* const entry = state_.find(ids_->back())) {
        tallies.push_back({.session_id = std::move(ids_->back()),
                           .question_count = entry->session.question_count,
                           .pending = entry->pending,
                           .history_length = std::min(entry->turns.all().size(), kHistoryTurns)});
      }
      ids_->pop_back();
    }
    co_return tallies;
  }

 private:
  EmbeddedTurnCache::State& state_;
  std::optional<std::vector<std::string>> ids_;  // those still to come
};

}  // namespace

std::unique_ptr<SessionWalk> EmbeddedTurnCache::walk_sessions() {
  return std::make_unique<IndexWalk>(*state_);
}

}  // namespace chatsync::embedded
