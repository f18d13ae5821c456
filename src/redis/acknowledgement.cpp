#include "redis/acknowledgement.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "redis/scripts.hpp"

namespace chatsync::redis {
namespace {

constexpr std::size_t kMembersPerCall = 1'000;  ///< Lua unpacks at most some 8,000.

}  // namespace

std::vector<Acknowledgement> acknowledgements_of(const TurnBatch& batch) {
  std::vector<Acknowledgement> calls;
  std::unordered_map<std::string_view, std::size_t> latest_call;
  const auto call_of = [&](const std::string& session_id) -> Acknowledgement& {
    const auto [found, first] = latest_call.try_emplace(session_id, calls.size());
    if (first) {
      calls.push_back({session_id, {}, nullptr});
    } else if (calls[found->second].members.size() >= kMembersPerCall) {
      const Session* const committed = std::exchange(calls[found->second].committed, nullptr);
      found->second = calls.size();
      calls.push_back({session_id, {}, committed});
    }
    return calls[found->second];
  };
  for (const Session& session : batch.sessions) call_of(session.session_id).committed = &session;
  for (const PendingTurn& pending : batch.turns)
    call_of(pending.turn.session_id).members.push_back(pending.key);
  for (const DeadLetter& letter : batch.dead_letters) {
    if (!letter.key.empty()) call_of(letter.session_id).members.push_back(letter.key);
  }
  return calls;
}

void encode(CommandEncoder& out, const KeySpace& keys, std::chrono::milliseconds session_ttl,
            Acknowledgement acknowledgement) {
  const std::string prefix = keys.prefix(acknowledgement.session_id);
  const std::string message_prefix = prefix + std::string(KeySpace::kMessage);
  std::vector<std::string_view>& members = acknowledgement.members;
  // Another program may have put names of keys into the set that are not this session's to delete.
  const auto others = std::partition(members.begin(), members.end(), [&](std::string_view member) {
    return member.starts_with(message_prefix);
  });
  const Session* const committed = acknowledgement.committed;
  const std::size_t key_count = 5 + members.size();
  out.begin(3 + key_count + 7);
  out.argument("EVALSHA");
  out.argument(scripts().acknowledge.sha1);
  out.argument(key_count);
  out.argument(prefix, KeySpace::kPending);
  out.argument(KeySpace::kDirty);
  out.argument(prefix, KeySpace::kCount);
  out.argument(prefix, KeySpace::kHistory);
  out.argument(prefix, KeySpace::kMeta);
  for (const std::string_view member : members) out.argument(member);
  out.argument(acknowledgement.session_id);
  out.argument(session_ttl.count());
  out.argument(others - members.begin());
  out.argument(committed != nullptr ? "1" : "0");
  out.argument(committed != nullptr ? std::string_view(committed->user_id) : "");
  out.argument(committed != nullptr ? std::string_view(committed->title) : "");
  out.argument(KeySpace::kNewSessions);
}

}  // namespace chatsync::redis
