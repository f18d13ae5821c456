// A pass goes through the sessions that have something to sync by their rows, and through each one's turns by
// time stamp, up to the last rows that were there when it began. It keeps its place and nothing else: a
// session may come, go or be synced between two batches.
#include <algorithm>
#include <limits>
#include <utility>

#include "embedded/cache_state.hpp"
#include "embedded/pending_key.hpp"

namespace chatsync::embedded {
namespace {

// A batch of long texts ends early: it is held in memory, and again by the store's driver.
constexpr std::size_t kMaxBatchBytes = std::size_t{16} * 1024 * 1024;
constexpr auto kBeforeAll = std::numeric_limits<std::int64_t>::min();

class JournalPass final : public PendingPass {
 public:
  JournalPass(EmbeddedTurnCache::State& state, SessionGroup::LastRows last) : state_(state), last_(last) {}

  AsyncResult<TurnBatch> next(std::size_t max_turns) override {
    return state_.readers.run([this, max_turns](JournalReader& reader) { return read(reader, max_turns); });
  }

 private:
  struct Pick {
    std::int64_t session_row = 0;
    Session session;
    std::vector<TurnRef> turns;
  };

  std::vector<Pick> pick(std::size_t max_turns) const;
  Result<TurnBatch> read(JournalReader& reader, std::size_t max_turns);
  Result<TurnBatch> read_texts(JournalReader& reader, std::vector<Pick> picks);

  EmbeddedTurnCache::State& state_;
  const SessionGroup::LastRows last_;
  // The place: everything of earlier sessions and earlier turns of this session has been visited.
  std::int64_t session_row_ = 0;
  std::int64_t after_us_ = kBeforeAll;
};

std::vector<JournalPass::Pick> JournalPass::pick(std::size_t max_turns) const {
  std::vector<Pick> picks;
  std::size_t turns = 0;
  const std::scoped_lock lock(state_.mutex);
  const SessionEntry* entry = state_.index.first_dirty_from(session_row_);
  for (; entry != nullptr && entry->row <= last_.session && turns < max_turns;
       entry = state_.index.first_dirty_from(entry->row + 1)) {
    const bool begun = entry->row == session_row_ && after_us_ != kBeforeAll;
    Pick picked{.session_row = entry->row, .session = entry->session, .turns = {}};
    for (const TurnRef turn : entry->turns.after(begun ? after_us_ : kBeforeAll)) {
      if (turn.row() > last_.turn || turns == max_turns) break;
      if (turn.synced()) continue;
      picked.turns.push_back(turn);
      ++turns;
    }
    if (picked.turns.empty() && (begun || !entry->unsynced)) continue;
    if (picked.turns.empty()) ++turns;
    picks.push_back(std::move(picked));
  }
  return picks;
}

Result<TurnBatch> JournalPass::read(JournalReader& reader, std::size_t max_turns) {
  std::vector<Pick> picks = pick(max_turns);
  if (picks.empty()) return TurnBatch{};
  if (Result<void> begun = reader.begin(); !begun) return failure_of(std::move(begun));
  Result<TurnBatch> batch = read_texts(reader, std::move(picks));
  reader.end();
  return batch;
}

Result<TurnBatch> JournalPass::read_texts(JournalReader& reader, std::vector<Pick> picks) {
  TurnBatch batch;
  std::size_t bytes = 0;
  for (Pick& picked : picks) {
    const std::string session_id = picked.session.session_id;
    batch.sessions.push_back(std::move(picked.session));
    if (session_row_ != picked.session_row) after_us_ = kBeforeAll;
    session_row_ = picked.session_row;
    for (const TurnRef ref : picked.turns) {
      Result<std::optional<Turn>> turn = reader.read_turn(ref.row());
      if (!turn) return failure_of(std::move(turn));
      after_us_ = ref.timestamp_us();
      if (!turn->has_value()) continue;  // acknowledged or erased meanwhile
      bytes += (*turn)->question.size() + (*turn)->answer.size();
      (*turn)->session_id = session_id;
      batch.turns.push_back(
          {.turn = std::move(**turn), .key = pending_key_of(session_id, ref.timestamp_us())});
      if (bytes >= kMaxBatchBytes) return batch;
    }
    // A session without turns to visit has been visited all the same.
    if (picked.turns.empty()) ++session_row_;
  }
  return batch;
}

}  // namespace

std::unique_ptr<PendingPass> EmbeddedTurnCache::begin_pass(PassKind) {
  const std::scoped_lock lock(state_->mutex);
  return std::make_unique<JournalPass>(*state_, state_->commits->published_rows());
}

}  // namespace chatsync::embedded
