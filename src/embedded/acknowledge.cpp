// The drain side's last step. The names in a batch are sorted by session and cut into pieces, each a change
// of its own: between two of them the requests' turns get their commit, so that a large batch delays none of
// them for long.
#include <algorithm>
#include <iterator>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "embedded/cache_state.hpp"
#include "embedded/pending_key.hpp"

namespace chatsync::embedded {
namespace {

constexpr std::size_t kPieceTurns = 128;

using Piece = std::vector<SessionAcknowledgement>;

/// The names of all that is to be removed, by session and time stamp. Parts of the batch's keys.
std::vector<PendingName> names_in(const TurnBatch& batch) {
  std::vector<PendingName> names;
  names.reserve(batch.turns.size() + batch.dead_letters.size());
  for (const PendingTurn& pending : batch.turns) {
    if (const auto name = parse_pending_key(pending.key)) names.push_back(*name);
  }
  for (const DeadLetter& letter : batch.dead_letters) {
    if (const auto name = parse_pending_key(letter.key)) names.push_back(*name);
  }
  const auto place = [](const PendingName& name) { return std::tuple(name.session_id, name.timestamp_us); };
  std::ranges::sort(names, {}, place);
  const auto doubled = std::ranges::unique(names, {}, place);
  names.erase(doubled.begin(), doubled.end());
  return names;
}

std::vector<Piece> pieces_of(const TurnBatch& batch) {
  std::vector<Piece> pieces(1);
  std::size_t turns = 0;
  for (const PendingName& name : names_in(batch)) {
    if (turns == kPieceTurns) {
      pieces.emplace_back();
      turns = 0;
    }
    Piece& piece = pieces.back();
    if (piece.empty() || piece.back().session_id != name.session_id) {
      piece.push_back({.session_id = name.session_id, .turns = {}, .stored = nullptr});
    }
    piece.back().turns.push_back(name.timestamp_us);
    ++turns;
  }
  for (const Session& session : batch.sessions) {
    if (pieces.back().size() >= kPieceTurns) pieces.emplace_back();
    pieces.back().push_back({.session_id = session.session_id, .turns = {}, .stored = &session});
  }
  return pieces;
}

}  // namespace

AsyncResult<std::size_t> EmbeddedTurnCache::acknowledge(SharedBatch batch) {
  std::size_t removed = 0;
  // The pieces refer to the batch, which this frame holds.
  for (Piece& piece : pieces_of(*batch)) {
    const Result<std::size_t> done =
        co_await state_->commits->run([piece = std::move(piece), now = state_->clock.steady_now()](
                                          SessionGroup& group) -> Result<std::size_t> {
          std::size_t turns = 0;
          for (const SessionAcknowledgement& acknowledgement : piece) {
            const Result<std::size_t> acknowledged = group.acknowledge(acknowledgement, now);
            if (!acknowledged) return acknowledged;
            turns += *acknowledged;
          }
          return turns;
        });
    if (!done) co_return done;
    removed += *done;
  }
  co_return removed;
}

}  // namespace chatsync::embedded
