#include "redis/acknowledgement.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "redis/scripts.hpp"

namespace chatsync::redis {
namespace {

// A call costs Redis some 5 us, a member 4 and a session 8. So the first is little beside the others, and
// nobody else waits for more than half a millisecond.
constexpr std::size_t kMembersPerCall = 64;
constexpr std::size_t kMembersForASession = 2;  ///< A session costs as much.
/// A session with so many turns since the last pass is likely to have some until the next one.
constexpr std::size_t kTurnsOfASessionInUse = 2;

}  // namespace

std::vector<Acknowledgement> acknowledgements_of(const TurnBatch& batch) {
  std::vector<Acknowledgement> pieces;
  std::unordered_map<std::string_view, std::size_t> latest;
  const auto piece_of = [&](const std::string& session_id) -> Acknowledgement& {
    const auto [found, first] = latest.try_emplace(session_id, pieces.size());
    if (first) {
      pieces.push_back({session_id, {}, nullptr});
    } else if (pieces[found->second].members.size() >= kMembersPerCall) {
      const Session* const committed = std::exchange(pieces[found->second].committed, nullptr);
      found->second = pieces.size();
      pieces.push_back({session_id, {}, committed});
    }
    return pieces[found->second];
  };
  for (const Session& session : batch.sessions) piece_of(session.session_id).committed = &session;
  for (const PendingTurn& pending : batch.turns)
    piece_of(pending.turn.session_id).members.push_back(pending.key);
  for (const DeadLetter& letter : batch.dead_letters) {
    if (!letter.key.empty()) piece_of(letter.session_id).members.push_back(letter.key);
  }
  if (!batch.of_relief) return pieces;
  for (Acknowledgement& piece : pieces) {
    piece.stays = piece.committed != nullptr && piece.members.size() >= kTurnsOfASessionInUse;
  }
  return pieces;
}

std::span<Acknowledgement> first_call(std::span<Acknowledgement> acknowledgements) {
  std::size_t cost = 0;
  const auto end = std::ranges::find_if(acknowledgements, [&](const Acknowledgement& each) {
    cost += kMembersForASession + each.members.size();
    return cost > kMembersPerCall + kMembersForASession;
  });
  return {acknowledgements.begin(), end};
}

void encode(CommandEncoder& out, const KeySpace& keys, std::chrono::milliseconds session_ttl,
            std::span<Acknowledgement> acknowledgements) {
  std::size_t members = 0;
  for (const Acknowledgement& each : acknowledgements) members += each.members.size();
  const std::size_t key_count = 1 + 4 * acknowledgements.size() + members;
  out.begin(3 + key_count + 2 + 7 * acknowledgements.size());
  out.argument("EVALSHA");
  out.argument(scripts().acknowledge.sha1);
  out.argument(key_count);
  out.argument(KeySpace::kDirty);
  std::vector<std::size_t> turns;
  for (Acknowledgement& each : acknowledgements) {
    const std::string prefix = keys.prefix(each.session_id);
    for (const std::string_view key :
         {KeySpace::kPending, KeySpace::kCount, KeySpace::kHistory, KeySpace::kMeta}) {
      out.argument(prefix, key);
    }
    const std::string message_prefix = prefix + std::string(KeySpace::kMessage);
    // Another program may have put names of keys into the set that are not this session's to delete.
    const auto others = std::ranges::partition(
        each.members, [&](std::string_view key) { return key.starts_with(message_prefix); });
    turns.push_back(each.members.size() - others.size());
  }
  for (const Acknowledgement& each : acknowledgements) {
    for (const std::string_view member : each.members) out.argument(member);
  }
  out.argument(session_ttl.count());
  out.argument(KeySpace::kNewSessions);
  for (std::size_t index = 0; index < acknowledgements.size(); ++index) {
    const Acknowledgement& each = acknowledgements[index];
    out.argument(each.session_id);
    out.argument(each.members.size());
    out.argument(turns[index]);
    out.argument(each.committed != nullptr ? "1" : "0");
    out.argument(each.committed != nullptr ? std::string_view(each.committed->user_id) : "");
    out.argument(each.committed != nullptr ? std::string_view(each.committed->title) : "");
    out.argument(each.stays ? each.committed->updated_at_us : 0);
  }
}

}  // namespace chatsync::redis
