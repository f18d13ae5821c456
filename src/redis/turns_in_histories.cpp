// A turn's hash is some thirty pieces of Redis' memory, which are cold when many turns wait; its history
// entry is one, beside those of the session's other last turns. Both are written in the same step, with the
// same content. What a history has of several turns costs Redis a fifth of what their hashes do.
//
// Where the history was replaced by the store's while turns were pending (seed.lua), an entry may be of
// another turn with the same time stamp, of a memory that is lost. Such a history bears a mark, which is
// looked at after it was read: a history that is replaced in between is not believed either.
#include "redis/turns_in_histories.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

#include "chat/ids.hpp"
#include "chat/own_history_entry.hpp"
#include "redis/execute_in_parts.hpp"
#include "redis/key_space.hpp"

namespace chatsync::redis {
namespace {

/// Some forty turns under a usual load, as many as Redis reads hashes of at a time.
constexpr std::size_t kSessionsPerRequest = 8;

/// The names of one session, and where the turns that they name belong.
struct Wanted {
  std::span<const TurnName> names;
  std::span<std::optional<Turn>> turns;
};

std::vector<Wanted> by_session(std::span<const TurnName> names, std::span<std::optional<Turn>> turns) {
  std::vector<Wanted> wanted;
  while (!names.empty()) {
    const auto next = std::ranges::find_if(
        names, [&](const TurnName& name) { return name.session_id != names.front().session_id; });
    const auto count = static_cast<std::size_t>(next - names.begin());
    wanted.push_back({names.first(count), turns.first(count)});
    names = names.subspan(count);
    turns = turns.subspan(count);
  }
  return wanted;
}

/// Whether it is a turn as it was recorded, which a foreign entry of the same form need not be.
bool is_recorded_turn(const Turn& turn) {
  return turn.seq.value_or(0) > 0 && is_turn_id(turn.turn_id) && is_user_id(turn.user_id);
}

/// Both are in the order of time.
void take(const Wanted& wanted, ReplyView entries) {
  auto name = wanted.names.begin();
  for (std::size_t index = 0; index < entries.size(); ++index) {
    std::optional<Turn> turn = parse_own_history_entry(name->session_id, entries[index].text_or(""));
    if (!turn || !is_recorded_turn(*turn)) continue;
    name = std::find_if(name, wanted.names.end(),
                        [&](const TurnName& each) { return each.timestamp_us >= turn->timestamp_us; });
    if (name == wanted.names.end()) return;
    if (name->timestamp_us != turn->timestamp_us) continue;
    wanted.turns[static_cast<std::size_t>(name - wanted.names.begin())] = std::move(turn);
  }
}

}  // namespace

AsyncResult<std::vector<std::optional<Turn>>> find_in_histories(RedisConnection* connection,
                                                                std::vector<TurnName> names) {
  std::vector<std::optional<Turn>> turns(names.size());
  const std::vector<Wanted> wanted = by_session(names, turns);
  const auto encode = [&](CommandEncoder& out, std::size_t begin, std::size_t end) {
    for (const Wanted& session : std::span(wanted).subspan(begin, end - begin)) {
      out.begin(4);
      out.argument("LRANGE");
      out.argument(session.names.front().prefix, KeySpace::kHistory);
      out.argument(-static_cast<std::int64_t>(std::min(session.names.size(), kHistoryTurns)));
      out.argument("-1");
      out.begin(3);
      out.argument("HEXISTS");
      out.argument(session.names.front().prefix, KeySpace::kMeta);
      out.argument(KeySpace::kHistoryOfStore);
    }
  };
  const auto take_all = [&](std::size_t begin, std::size_t, const Replies& replies) {
    for (std::size_t index = 0; index + 1 < replies.size(); index += 2) {
      const bool recorded_here = replies[index + 1].view().integer() == 0;
      // One that is no list has nothing to offer.
      if (recorded_here) take(wanted[begin + index / 2], replies[index].view());
    }
    return Result<void>();
  };
  Result<void> read =
      co_await execute_in_parts(connection, wanted.size(), kSessionsPerRequest, encode, take_all);
  if (!read) co_return failure_of(std::move(read));
  co_return turns;
}

}  // namespace chatsync::redis
