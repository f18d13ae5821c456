#include "redis/redis_turn_cache.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/fault.hpp"
#include "chat/turn_json.hpp"
#include "redis/claim.hpp"
#include "redis/health.hpp"
#include "redis/scripts.hpp"

namespace chatsync::redis {
namespace {

constexpr std::chrono::seconds kHealthFor{5};
/// No request that looked at the store before a session was erased is under way for longer.
constexpr std::chrono::milliseconds kErasedFor{std::chrono::hours(24)};

/// What find.lua returns; nothing if the cache does not hold the session.
std::optional<CachedSession> read_found(std::string_view session_id, ReplyView found) {
  const std::int64_t pending = found[2].integer_or(0);
  if (found[0].is_nil() && pending == 0) return std::nullopt;
  CachedSession cached;
  cached.session.session_id = session_id;
  cached.session.question_count = found[0].integer_or(0);
  cached.history_length = static_cast<std::size_t>(found[1].integer_or(0));
  cached.pending = static_cast<std::size_t>(pending);
  cached.session.user_id = found[3].text_or("1");
  cached.session.title = found[4].text_or("");
  const std::int64_t last_turn_us = found[7].integer_or(0);
  cached.session.created_at_us = found[5].integer_or(last_turn_us);
  cached.session.updated_at_us =
      std::max({cached.session.created_at_us, found[6].integer_or(0), last_turn_us});
  return cached;
}

enum class IndexKey { none, dirty };

/// The beginning of a script call on all keys of a session, and on the dirty index if it wants that; its
/// `arguments` other arguments follow.
void begin_session_script(CommandEncoder& out, const Script& script, const std::string& prefix,
                          IndexKey index, std::size_t arguments) {
  const std::size_t keys = index == IndexKey::dirty ? 5 : 4;
  out.begin(3 + keys + arguments);
  out.argument("EVALSHA");
  out.argument(script.sha1);
  out.argument(static_cast<std::int64_t>(keys));
  out.argument(prefix, KeySpace::kCount);
  out.argument(prefix, KeySpace::kHistory);
  out.argument(prefix, KeySpace::kPending);
  out.argument(prefix, KeySpace::kMeta);
  if (index == IndexKey::dirty) out.argument(KeySpace::kDirty);
}

void encode_find(CommandEncoder& out, const std::string& prefix) {
  begin_session_script(out, scripts().find, prefix, IndexKey::none, 0);
}

/// When the last settled turn was, as far as the session itself tells: of its turns some may be no rows.
std::int64_t last_settled_us(const SessionSeed& seed) {
  // An unsettled turn counts as an update too.
  return seed.session.question_count > 0 && seed.unsettled.empty() ? seed.session.updated_at_us : 0;
}

/// What seed.lua keeps of a numbered turn: "{number} {final time stamp}".
std::optional<SettledTurn> read_settled(std::int64_t timestamp_us, std::string_view text) {
  SettledTurn turn{.timestamp_us = timestamp_us};
  const char* const end = text.end();
  const auto seq = std::from_chars(text.begin(), end, turn.seq);
  if (seq.ec != std::errc() || seq.ptr == end) return std::nullopt;
  const auto stamp = std::from_chars(seq.ptr + 1, end, turn.final_timestamp_us);
  if (stamp.ec != std::errc() || stamp.ptr != end) return std::nullopt;
  return turn;
}

/// The time stamps within the page, oldest first.
std::vector<std::int64_t> within(const TurnPage& page, std::vector<std::int64_t> stamps) {
  std::erase_if(stamps, [&](std::int64_t stamp) {
    return (page.before_us && stamp >= *page.before_us) || (page.after_us && stamp <= *page.after_us);
  });
  std::sort(stamps.begin(), stamps.end());
  if (stamps.size() <= page.limit) return stamps;
  if (page.after_us) {
    stamps.resize(page.limit);
  } else {
    stamps.erase(stamps.begin(), stamps.end() - static_cast<std::ptrdiff_t>(page.limit));
  }
  return stamps;
}

}  // namespace

RedisTurnCache::RedisTurnCache(RedisConnection& connection, std::chrono::milliseconds session_ttl,
                               const Clock& clock, std::shared_ptr<LastTurns> last_turns, KeySpace keys)
    : connection_(connection),
      session_ttl_(session_ttl),
      clock_(clock),
      keys_(keys),
      recorder_(connection, keys, std::move(last_turns)) {}

AsyncResult<RecordOutcome> RedisTurnCache::record(const Turn* turn, SessionPresence presence) {
  return recorder_.record(turn, presence);
}

std::uint64_t RedisTurnCache::lineage() const { return connection_.lineage(); }

AsyncResult<std::vector<SettledTurn>> RedisTurnCache::seed(SessionSeed seed) {
  const std::string prefix = keys_.prefix(seed.session.session_id);
  if (seed.recent.size() > kHistoryTurns) {
    seed.recent.erase(seed.recent.begin(), seed.recent.end() - static_cast<std::ptrdiff_t>(kHistoryTurns));
  }
  const std::int64_t recent_us = seed.recent.empty() ? 0 : seed.recent.back().timestamp_us;
  const std::int64_t latest_us = std::max(recent_us, last_settled_us(seed));
  const std::size_t without_entry = seed.unsettled.size() - std::min(seed.unsettled.size(), kHistoryTurns);
  Result<Reply> reply = co_await connection_.call([&](CommandEncoder& out) {
    begin_session_script(out, scripts().seed, prefix, IndexKey::none,
                         10 + seed.recent.size() + 3 * seed.unsettled.size());
    out.argument(session_ttl_.count());
    out.argument(fault::planted(fault::PlantedBug::count_not_raised_after_rewind)
                     ? std::int64_t{0}
                     : seed.session.question_count);
    out.argument(seed.session.user_id);
    out.argument(seed.session.title);
    out.argument(seed.session.created_at_us);
    out.argument(seed.session.updated_at_us);
    out.argument(latest_us);
    out.argument(recent_us);
    out.argument(prefix, KeySpace::kMessage);
    out.argument(seed.recent.size());
    for (const Turn& turn : seed.recent) out.argument(history_entry(turn));
    for (std::size_t index = 0; index < seed.unsettled.size(); ++index) {
      out.argument(seed.unsettled[index].timestamp_us);
      out.argument(seed.unsettled[index].turn_id);
      out.argument(index < without_entry ? std::string() : history_entry_tail(seed.unsettled[index]));
    }
  });
  if (!reply) co_return failure_of(std::move(reply));
  std::vector<SettledTurn> settled;
  for (std::size_t index = 0; index < seed.unsettled.size(); ++index) {
    auto given = read_settled(seed.unsettled[index].timestamp_us, (*reply)[index].text_or(""));
    if (given) settled.push_back(*given);
  }
  co_return settled;
}

AsyncResult<void> RedisTurnCache::forget_settled(std::string session_id,
                                                 std::vector<std::int64_t> timestamps_us) {
  if (timestamps_us.empty()) co_return Result<void>();
  const std::string prefix = keys_.prefix(session_id);
  Result<Reply> reply = co_await connection_.call([&](CommandEncoder& out) {
    out.begin(2 + timestamps_us.size());
    out.argument("HDEL");
    out.argument(prefix, KeySpace::kMeta);
    for (const std::int64_t timestamp_us : timestamps_us) {
      out.argument(KeySpace::kSettled, std::to_string(timestamp_us));
    }
  });
  if (!reply) co_return failure_of(std::move(reply));
  co_return Result<void>();
}

AsyncResult<bool> RedisTurnCache::create(Session session) {
  const std::string prefix = keys_.prefix(session.session_id);
  Result<Reply> reply = co_await connection_.call([&](CommandEncoder& out) {
    out.begin(3 + 5 + 5);
    out.argument("EVALSHA");
    out.argument(scripts().create.sha1);
    out.argument(5);
    out.argument(prefix, KeySpace::kCount);
    out.argument(prefix, KeySpace::kPending);
    out.argument(prefix, KeySpace::kMeta);
    out.argument(KeySpace::kDirty);
    out.argument(KeySpace::kNewSessions, session.user_id);
    out.argument(session.session_id);
    out.argument(session.user_id);
    out.argument(session.title);
    out.argument(session.created_at_us);
    out.argument(session.updated_at_us);
  });
  if (!reply) co_return failure_of(std::move(reply));
  co_return reply->view().integer_or(0) == 1;
}

AsyncResult<std::optional<CachedSession>> RedisTurnCache::find(std::string session_id) {
  const std::string prefix = keys_.prefix(session_id);
  Result<Reply> reply = co_await connection_.call([&](CommandEncoder& out) { encode_find(out, prefix); });
  if (!reply) co_return failure_of(std::move(reply));
  co_return read_found(session_id, reply->view());
}

AsyncResult<Session> RedisTurnCache::own_data(std::string session_id) {
  const std::string prefix = keys_.prefix(session_id);
  Result<Replies> replies =
      co_await connection_.execute([&](CommandEncoder& out) { encode_meta(out, prefix); });
  if (!replies) co_return failure_of(std::move(replies));
  const ReplyView meta = replies->front().view();
  // A key of another type says nothing of the session.
  if (meta.is_error() && !meta.text_or("").starts_with("WRONGTYPE")) {
    co_return std::unexpected(connection_.error_of(meta));
  }
  co_return read_own_data(session_id, meta, {}).session;
}

AsyncResult<std::vector<Turn>> RedisTurnCache::history(std::string session_id) {
  const std::string key = keys_.prefix(session_id) + std::string(KeySpace::kHistory);
  Result<Reply> reply = co_await connection_.call([&](CommandEncoder& out) {
    out.command({"LRANGE", key, std::to_string(-static_cast<int>(kHistoryTurns)), "-1"});
  });
  if (!reply) co_return failure_of(std::move(reply));
  std::vector<Turn> turns;
  turns.reserve(reply->view().size());
  for (std::size_t index = 0; index < reply->view().size(); ++index) {
    if (auto turn = parse_history_entry(session_id, (*reply)[index].text_or("")))
      turns.push_back(std::move(*turn));
  }
  co_return turns;
}

AsyncResult<std::vector<Turn>> RedisTurnCache::pending(std::string session_id, TurnPage page) {
  const std::string prefix = keys_.prefix(session_id);
  Result<Reply> members = co_await connection_.call([&](CommandEncoder& out) {
    out.begin(2);
    out.argument("SMEMBERS");
    out.argument(prefix, KeySpace::kPending);
  });
  if (!members) co_return failure_of(std::move(members));
  std::vector<std::int64_t> stamps;
  for (std::size_t index = 0; index < members->view().size(); ++index) {
    const auto stamp = KeySpace::message_timestamp(prefix, (*members)[index].text_or(""));
    if (stamp) stamps.push_back(*stamp);
  }
  stamps = within(page, std::move(stamps));
  std::vector<Turn> turns;
  if (stamps.empty()) co_return turns;

  Result<Replies> replies = co_await connection_.execute([&](CommandEncoder& out) {
    out.begin(2 + 1);
    out.argument("HGET");
    out.argument(prefix, KeySpace::kMeta);
    out.argument("user_id");
    for (const std::int64_t stamp : stamps) {
      out.begin(2 + kTurnFields.size());
      out.argument("HMGET");
      out.argument(keys_.message(session_id, stamp));
      for (const std::string_view field : kTurnFields) out.argument(field);
    }
  });
  if (!replies) co_return failure_of(std::move(replies));
  const ReplyView owner = replies->front().view();
  const std::string_view user = owner.is_error() ? "1" : owner.text_or("1");
  turns.reserve(stamps.size());
  for (std::size_t index = 0; index < stamps.size(); ++index) {
    // Unreadable ones, and those acknowledged since SMEMBERS, are left out.
    turns.emplace_back();
    const auto fault = read_turn(session_id, stamps[index], (*replies)[index + 1].view(), user, turns.back());
    if (fault) turns.pop_back();
  }
  co_return turns;
}

AsyncResult<std::vector<Session>> RedisTurnCache::unsynced_sessions_of(std::string user_id) {
  const std::string index_key = std::string(KeySpace::kNewSessions) + user_id;
  Result<Reply> ids =
      co_await connection_.call([&](CommandEncoder& out) { out.command({"SMEMBERS", index_key}); });
  if (!ids) co_return failure_of(std::move(ids));
  std::vector<Session> sessions;
  const std::size_t count = ids->view().size();
  if (count == 0) co_return sessions;
  Result<Replies> found = co_await connection_.execute_scripts([&](CommandEncoder& out) {
    for (std::size_t index = 0; index < count; ++index) {
      encode_find(out, keys_.prefix((*ids)[index].text_or("")));
    }
  });
  if (!found) co_return failure_of(std::move(found));
  for (std::size_t index = 0; index < count; ++index) {
    auto cached = read_found((*ids)[index].text_or(""), (*found)[index].view());
    if (cached && cached->session.user_id == user_id) sessions.push_back(std::move(cached->session));
  }
  co_return sessions;
}

std::string RedisTurnCache::pending_key(const std::string& session_id, std::int64_t timestamp_us) const {
  return keys_.message(session_id, timestamp_us);
}

AsyncResult<std::size_t> RedisTurnCache::erase(std::string session_id) {
  const std::string prefix = keys_.prefix(session_id);
  Result<Reply> reply = co_await connection_.call([&](CommandEncoder& out) {
    begin_session_script(out, scripts().erase, prefix, IndexKey::dirty, 4);
    out.argument(session_id);
    out.argument(prefix, KeySpace::kMessage);
    out.argument(KeySpace::kNewSessions);
    out.argument(kErasedFor.count());
  });
  if (!reply) co_return failure_of(std::move(reply));
  co_return static_cast<std::size_t>(reply->view().integer_or(0));
}

AsyncResult<CacheHealth> RedisTurnCache::health() {
  if (health_read_at_ && clock_.steady_now() - *health_read_at_ < kHealthFor) {
    Result<Reply> pong = co_await connection_.call([](CommandEncoder& out) { out.command({"PING"}); });
    if (!pong) co_return failure_of(std::move(pong));
    co_return health_;
  }
  Result<std::string> durability = co_await read_durability(&connection_);
  if (!durability) co_return failure_of(std::move(durability));
  health_ = {.durability = std::move(*durability)};
  health_read_at_ = clock_.steady_now();
  co_return health_;
}

}  // namespace chatsync::redis
