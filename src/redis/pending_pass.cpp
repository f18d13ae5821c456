// How a pass walks: the index names sessions, a page at a time; many named sessions are sorted, for the store
// is faster with rows that lie together; each is opened in turn and its pending set read with SSCAN, many
// sessions to a round trip; then the members' messages are read, as many as the batch still wants, in
// requests of which the first replies are made turns of while Redis works on the next ones: from their
// hashes, and in a pass for relief from their sessions' histories before that. What was read too much stays
// for the next call. The guarantees of SCAN, SSCAN and ZSCAN give the pass its own: what is there from
// beginning to end is seen at least once. A pass ends because each cursor comes round, whatever is left
// pending.
//
// A member without its message may be acknowledged by another instance since the set was read (then it is no
// longer a member), or belong to a program that writes the set first and the hash later: it is left alone for
// an hour. Everything else that cannot be a turn becomes a dead letter.
#include "redis/pending_pass.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <span>
#include <tuple>
#include <utility>

#include "base/log.hpp"
#include "chat/ids.hpp"
#include "redis/acknowledgement.hpp"
#include "redis/execute_in_parts.hpp"
#include "redis/turns_in_histories.hpp"

namespace chatsync::redis {
namespace {

constexpr std::size_t kSessionsSorted = 65'536;
constexpr std::size_t kSessionsPerRound = 128;
constexpr std::size_t kLeastMembersPerPage = 128;  ///< So that most sessions are read at once.
constexpr std::size_t kMostMembersPerPage = 1'000;
constexpr std::size_t kMessagesPerRound = 1'000;
constexpr std::size_t kSessionsPerRequest = 16;
constexpr std::size_t kMessagesPerRequest = 32;
constexpr std::size_t kBytesPerRound = 8UL * 1024 * 1024;
constexpr std::size_t kBytesPerBatch = 32UL * 1024 * 1024;

/// Whether a name in a pending set is too old, by the microseconds that it ends in, for its message to be
/// still on its way. A number that is no time in microseconds tells nothing.
bool is_forsaken(std::int64_t stamp_us, std::int64_t now_us) {
  constexpr std::int64_t kYear2001 = 1'000'000'000'000'000;
  constexpr std::int64_t kHour = 3'600'000'000;
  return stamp_us > kYear2001 && stamp_us < now_us - kHour;
}

/// One that is not there has no fields.
bool is_hash(std::string_view type) { return type == "hash" || type == "none"; }

/// The names of the fields of a turn, as they follow HMGET and the key.
const std::string& encoded_turn_fields() {
  static const std::string wire = [] {
    std::string fields;
    CommandEncoder out(fields);
    for (const std::string_view field : kTurnFields) out.argument(field);
    return fields;
  }();
  return wire;
}

auto key_of(const PendingTurn& pending) {
  return std::tie(pending.turn.session_id, pending.turn.timestamp_us);
}

/// By the store's primary key, each turn once.
void put_in_order(std::vector<PendingTurn>& turns) {
  if (!std::ranges::is_sorted(turns, {}, key_of)) std::ranges::sort(turns, {}, key_of);
  const auto repeated = std::ranges::unique(turns, {}, key_of);
  turns.erase(repeated.begin(), repeated.end());
}

}  // namespace

/// Messages that are read together. Their turns come into the batch in their order, wherever they are found.
struct RedisPendingPass::MessageRound {
  struct Message {
    OpenSession* session;
    std::int64_t timestamp_us;
  };
  Gathered& gathered;
  std::vector<Message> messages = {};
  std::vector<std::optional<Turn>> in_histories = {};  ///< In a pass for relief: of each message.
  std::vector<std::size_t> in_hashes = {};             ///< Which messages are read from their hashes.
  std::size_t settled = 0;                             ///< Messages of which nothing more is to come.
  std::vector<FaultyMember> faulty = {};
};

RedisPendingPass::RedisPendingPass(RedisConnection& connection, std::chrono::milliseconds session_ttl,
                                   const Clock& clock, KeySpace keys, PassKind kind)
    : connection_(connection), session_ttl_(session_ttl), clock_(clock), keys_(keys), kind_(kind) {}

AsyncResult<TurnBatch> RedisPendingPass::next(std::size_t max_turns) {
  Gathered gathered;
  gathered.batch.of_relief = kind_ == PassKind::relief;
  max_turns = std::max<std::size_t>(max_turns, 1);
  gathered.batch.turns.reserve(std::min(max_turns, kMessagesPerRound));
  while (gathered.size() < max_turns && gathered.bytes < kBytesPerBatch) {
    if (Result<void> opened = co_await open_sessions(); !opened) co_return failure_of(std::move(opened));
    if (open_.empty()) break;
    const std::size_t room = max_turns - gathered.size();
    Result<void> step = co_await scan_sessions(room, &gathered);
    if (step) step = co_await read_messages(room, &gathered);
    if (step) step = co_await close_finished();
    if (!step) co_return failure_of(std::move(step));
  }
  put_in_order(gathered.batch.turns);
  co_return std::move(gathered.batch);
}

AsyncResult<void> RedisPendingPass::open_sessions() {
  while (named_.empty() && open_.empty() && !index_done()) {
    // The walk over all keys, of which a page is enough, comes when most of what the index names is gone.
    do {
      if (Result<void> read = co_await read_index(); !read) co_return failure_of(std::move(read));
    } while (named_.size() < kSessionsSorted && !dirty_done_);
    std::ranges::sort(named_, std::ranges::greater());
  }
  while (open_.size() < kSessionsPerRound && !named_.empty()) {
    OpenSession session;
    session.id = std::move(named_.back());
    session.prefix = keys_.prefix(session.id);
    named_.pop_back();
    open_.push_back(std::move(session));
  }
  co_return Result<void>();
}

AsyncResult<void> RedisPendingPass::read_index() { return dirty_done_ ? read_keyspace() : read_dirty(); }

AsyncResult<void> RedisPendingPass::read_dirty() {
  Result<Reply> page = co_await connection_.call([this](CommandEncoder& out) {
    out.command({"ZSCAN", KeySpace::kDirty, dirty_cursor_, "COUNT", "250"});
  });
  if (!page) co_return failure_of(std::move(page));
  dirty_cursor_ = (*page)[0].text_or("0");
  dirty_done_ = dirty_cursor_ == "0";
  const ReplyView scored = (*page)[1];
  for (std::size_t index = 0; index < scored.size(); index += 2) name(scored[index].text_or(""));
  co_return Result<void>();
}

AsyncResult<void> RedisPendingPass::read_keyspace() {
  Result<Reply> page = co_await connection_.call([this](CommandEncoder& out) {
    out.command({"SCAN", keys_cursor_, "MATCH", keys_.pending_pattern(), "TYPE", "set", "COUNT", "500"});
  });
  if (!page) co_return failure_of(std::move(page));
  keys_cursor_ = (*page)[0].text_or("0");
  keys_done_ = keys_cursor_ == "0";
  // Only those that the pass visits after this are marked. One that it has visited already may be
  // acknowledged at this moment, and would stay marked, without a TTL, with nothing to sync. Whatever comes
  // of the marking: an index that is full, or that has come to name the session since it was read, must not
  // keep this pass from it.
  std::vector<std::string_view> ids;
  for (std::size_t index = 0; index < (*page)[1].size(); ++index) {
    const auto id = keys_.session_of_pending((*page)[1][index].text_or(""));
    if (id && name(*id)) ids.push_back(*id);
  }
  if (ids.empty()) co_return Result<void>();
  const std::string now = std::to_string(clock_.now_us());
  Result<Replies> replies = co_await connection_.execute([&](CommandEncoder& out) {
    for (const std::string_view id : ids) {
      // Whoever marks a session as dirty takes its TTL away. One that is acknowledged in between gets it back
      // when it turns out to be empty.
      const std::string prefix = keys_.prefix(id);
      for (const std::string_view key : {KeySpace::kCount, KeySpace::kHistory, KeySpace::kMeta}) {
        out.begin(2);
        out.argument("PERSIST");
        out.argument(prefix, key);
      }
      out.command({"ZADD", KeySpace::kDirty, "NX", now, id});
    }
  });
  if (!replies) co_return failure_of(std::move(replies));
  co_return Result<void>();
}

bool RedisPendingPass::name(std::string_view session_id) {
  if (!is_session_id(session_id)) {
    log_warning("{}: a key of another program names the session '{}', which is no valid id: not synced",
                connection_.name(), session_id.substr(0, 100));
    return false;
  }
  if (kind_ == PassKind::sweep && !known_.emplace(session_id).second) return false;
  named_.emplace_back(session_id);
  return true;
}

AsyncResult<void> RedisPendingPass::scan_sessions(std::size_t room, Gathered* gathered) {
  std::vector<OpenSession*> due;
  const std::size_t wanted = std::min(kSessionsPerRound, room / members_per_session_ + 1);
  for (OpenSession& session : open_) {
    if (due.size() >= wanted) break;
    // What is read already comes first.
    if (session.has_unread()) co_return Result<void>();
    if (!session.finished) due.push_back(&session);
  }
  if (due.empty()) co_return Result<void>();
  std::size_t members = 0;
  const std::size_t page = std::clamp(room / due.size(), kLeastMembersPerPage, kMostMembersPerPage);
  const auto encode = [&](CommandEncoder& out, std::size_t begin, std::size_t end) {
    for (const OpenSession* session : std::span(due).subspan(begin, end - begin)) {
      encode_scan(out, *session, page);
    }
  };
  const auto take = [&](std::size_t begin, std::size_t end, const Replies& replies) {
    std::span<const Reply> left = replies;
    for (OpenSession* session : std::span(due).subspan(begin, end - begin)) {
      left = take_scan(*session, left, *gathered);
      members += session->unread.size() + session->bad_keys.size();
    }
    return Result<void>();
  };
  Result<void> scanned =
      co_await execute_in_parts(&connection_, due.size(), kSessionsPerRequest, encode, take);
  if (!scanned) co_return scanned;
  members_per_session_ = std::max<std::size_t>(members / due.size(), 1);
  co_return Result<void>();
}

void RedisPendingPass::encode_scan(CommandEncoder& out, const OpenSession& session, std::size_t page) {
  out.begin(5);
  out.argument("SSCAN");
  out.argument(session.prefix, KeySpace::kPending);
  out.argument(session.cursor);
  out.argument("COUNT");
  out.argument(page);
  if (session.scanned) return;
  encode_meta(out, session.prefix);
  out.begin(2);
  out.argument("GET");
  out.argument(session.prefix, KeySpace::kCount);
}

std::span<const Reply> RedisPendingPass::take_scan(OpenSession& session, std::span<const Reply> replies,
                                                   Gathered& gathered) {
  take_page(session, replies[0].view());
  if (std::exchange(session.scanned, true)) return replies.subspan(1);
  session.own = read_own_data(session.id, replies[1].view(), replies[2].view());
  if (session.own.unsynced) {
    session_in(gathered, session);
    ++gathered.sessions_alone;
  }
  return replies.subspan(3);
}

void RedisPendingPass::take_page(OpenSession& session, ReplyView page) {
  if (page.is_error()) {
    log_warning("{}: the pending turns of session {} cannot be read: {}", connection_.name(), session.id,
                page.text_or(""));
    session.finished = true;
    session.empty = false;
    return;
  }
  session.cursor = page[0].text_or("0");
  session.finished = session.cursor == "0";
  const ReplyView members = page[1];
  session.empty = session.empty && members.size() == 0;
  for (std::size_t index = 0; index < members.size(); ++index) {
    const std::string_view key = members[index].text_or("");
    if (const auto stamp = KeySpace::message_timestamp(session.prefix, key)) {
      session.unread.push_back(*stamp);
    } else {
      session.bad_keys.emplace_back(key);
    }
  }
  std::ranges::sort(session.unread, std::ranges::greater());  // Read from the last one on.
}

AsyncResult<void> RedisPendingPass::read_messages(std::size_t room, Gathered* gathered) {
  const std::size_t limit =
      std::min({room, kMessagesPerRound, std::max<std::size_t>(kBytesPerRound / message_bytes_, 1)});
  MessageRound round{.gathered = *gathered};
  const auto is_full = [&] { return round.messages.size() + round.faulty.size() >= limit; };
  for (OpenSession& session : open_) {
    for (; !session.bad_keys.empty() && !is_full(); session.bad_keys.pop_back()) {
      const Fault fault{"the pending set names a key that is no message of this session", "bad_key"};
      round.faulty.push_back({&session, std::move(session.bad_keys.back()), fault});
    }
    for (; !session.unread.empty() && !is_full(); session.unread.pop_back()) {
      round.messages.push_back({&session, session.unread.back()});
    }
  }
  if (!round.messages.empty()) {
    const std::size_t before = gathered->bytes;
    Result<void> read = kind_ == PassKind::relief ? co_await read_histories(&round) : Result<void>();
    if (read) read = co_await read_hashes(&round);
    if (!read) co_return read;
    message_bytes_ = std::max<std::size_t>((gathered->bytes - before) / round.messages.size(), 256);
  }
  if (round.faulty.empty()) co_return Result<void>();
  co_return co_await look_closer(std::move(round.faulty), gathered);
}

AsyncResult<void> RedisPendingPass::read_histories(MessageRound* round) {
  std::vector<TurnName> names;
  names.reserve(round->messages.size());
  for (const auto& [session, timestamp_us] : round->messages) {
    names.push_back({session->id, session->prefix, timestamp_us});
  }
  Result<std::vector<std::optional<Turn>>> found = co_await find_in_histories(&connection_, std::move(names));
  if (!found) co_return failure_of(std::move(found));
  round->in_histories = std::move(*found);
  co_return Result<void>();
}

AsyncResult<void> RedisPendingPass::read_hashes(MessageRound* round) {
  std::vector<std::size_t>& in_hashes = round->in_hashes;
  in_hashes.reserve(round->messages.size());
  for (std::size_t index = 0; index < round->messages.size(); ++index) {
    if (round->in_histories.empty() || !round->in_histories[index]) in_hashes.push_back(index);
  }
  std::string key;
  const auto encode = [&](CommandEncoder& out, std::size_t begin, std::size_t end) {
    for (const std::size_t index : std::span(in_hashes).subspan(begin, end - begin)) {
      const auto& [session, timestamp_us] = round->messages[index];
      key.clear();
      KeySpace::append_message(key, session->prefix, timestamp_us);
      out.begin(2 + kTurnFields.size());
      out.argument("HMGET");
      out.argument(key);
      out.encoded_arguments(encoded_turn_fields());
    }
  };
  const auto take = [&](std::size_t begin, std::size_t, const Replies& replies) {
    return take_messages(begin, replies, *round);
  };
  Result<void> read =
      co_await execute_in_parts(&connection_, in_hashes.size(), kMessagesPerRequest, encode, take);
  if (read) add_from_histories(*round, round->messages.size());
  co_return read;
}

Result<void> RedisPendingPass::take_messages(std::size_t begin, std::span<const Reply> replies,
                                             MessageRound& round) {
  std::vector<PendingTurn>& turns = round.gathered.batch.turns;
  for (std::size_t index = 0; index < replies.size(); ++index) {
    const std::size_t which = round.in_hashes[begin + index];
    add_from_histories(round, which);
    round.settled = which + 1;
    const auto& [session, timestamp_us] = round.messages[which];
    const ReplyView fields = replies[index].view();
    std::optional<Fault> fault;
    if (fields.is_error()) {
      if (!fields.text_or("").starts_with("WRONGTYPE")) return std::unexpected(connection_.error_of(fields));
      fault = {"the message is not a hash", "wrong_type"};
    } else {
      const std::string_view owner = session->own.session.user_id;
      turns.emplace_back();
      fault = read_turn(session->id, timestamp_us, fields, owner.empty() ? "1" : owner, turns.back().turn);
      if (fault) turns.pop_back();
    }
    if (fault) {
      std::string key;
      KeySpace::append_message(key, session->prefix, timestamp_us);
      round.faulty.push_back({session, std::move(key), std::move(*fault)});
    } else {
      complete_last_turn(*session, round.gathered);
    }
  }
  return {};
}

void RedisPendingPass::add_from_histories(MessageRound& round, std::size_t end) const {
  for (; round.settled < end; ++round.settled) {
    std::optional<Turn>& turn = round.in_histories[round.settled];
    round.gathered.batch.turns.push_back({std::move(*turn), {}});
    complete_last_turn(*round.messages[round.settled].session, round.gathered);
  }
}

/// Sorts members that cannot be turns into those that are gone, those that are not there yet, and dead
/// letters.
AsyncResult<void> RedisPendingPass::look_closer(std::vector<FaultyMember> members, Gathered* gathered) {
  // A message's key belongs to one session; anything else may be a member of several.
  std::erase_if(members, [&](const FaultyMember& member) {
    return !gathered->faulty.insert(member.session->id + ' ' + member.key).second;
  });
  if (members.empty()) co_return Result<void>();
  Result<Replies> states = co_await connection_.execute([&](CommandEncoder& out) {
    for (const FaultyMember& member : members) {
      // In this order: a member acknowledged in between is then seen to be none.
      out.command({"TYPE", member.key});
      out.begin(3);
      out.argument("SISMEMBER");
      out.argument(member.session->prefix, KeySpace::kPending);
      out.argument(member.key);
    }
  });
  if (!states) co_return failure_of(std::move(states));
  std::vector<std::pair<FaultyMember*, std::string_view>> dead;
  for (std::size_t index = 0; index < members.size(); ++index) {
    const std::string_view type = (*states)[2 * index].view().text_or("none");
    if ((*states)[2 * index + 1].view().integer_or(0) == 0) continue;
    FaultyMember& member = members[index];
    if (type == "none" && member.fault.error_code == "missing_field") {
      const auto stamp = KeySpace::message_timestamp(member.session->prefix, member.key);
      if (!stamp || !is_forsaken(*stamp, clock_.now_us())) continue;
      member.fault = {"it is pending, but there is no such message, and it is too old to be still on its way",
                      "missing_message"};
    }
    dead.emplace_back(&member, type);
  }
  if (dead.empty()) co_return Result<void>();
  Result<Replies> contents = co_await connection_.execute([&](CommandEncoder& out) {
    for (const auto& [member, type] : dead) out.command({is_hash(type) ? "HGETALL" : "DUMP", member->key});
  });
  if (!contents) co_return failure_of(std::move(contents));
  for (std::size_t index = 0; index < dead.size(); ++index) {
    auto& [member, type] = dead[index];
    const ReplyView content = (*contents)[index].view();
    DeadLetter letter;
    letter.session_id = member->session->id;
    letter.reason = std::move(member->fault.reason);
    letter.error_code = std::move(member->fault.error_code);
    letter.payload =
        is_hash(type) ? hash_payload(member->key, content) : dump_payload(member->key, type, content);
    letter.key = std::move(member->key);
    letter.first_failed_at_us = clock_.now_us();
    gathered->bytes += letter.payload.size();
    gathered->batch.dead_letters.push_back(std::move(letter));
  }
  co_return Result<void>();
}

Session& RedisPendingPass::session_in(Gathered& gathered, const OpenSession& session) const {
  std::vector<Session>& sessions = gathered.batch.sessions;
  if (!sessions.empty() && sessions.back().session_id == session.id) return sessions.back();
  const auto [found, first] = gathered.session_index.try_emplace(session.id, sessions.size());
  if (first) sessions.push_back(session.own.session);
  return sessions[found->second];
}

void RedisPendingPass::complete_last_turn(const OpenSession& session, Gathered& gathered) const {
  auto& [turn, key] = gathered.batch.turns.back();
  KeySpace::append_message(key, session.prefix, turn.timestamp_us);
  gathered.bytes += bytes_of(turn);
  Session& known = session_in(gathered, session);
  // What another program did not write follows from the turns.
  if (known.user_id.empty()) known.user_id = turn.user_id;
  const std::int64_t own_created_at = session.own.session.created_at_us;
  if (own_created_at == 0 && (known.created_at_us == 0 || turn.timestamp_us < known.created_at_us)) {
    known.created_at_us = turn.timestamp_us;
  }
  known.updated_at_us = std::max(known.updated_at_us, turn.timestamp_us);
}

/// Lets go of sessions that are read to the end. Those that turn out to have nothing pending leave the index.
AsyncResult<void> RedisPendingPass::close_finished() {
  std::vector<Acknowledgement> idle;
  std::erase_if(open_, [&](const OpenSession& session) {
    if (!session.finished || session.has_unread()) return false;
    if (session.empty && !session.own.unsynced) idle.push_back({session.id, {}, nullptr});
    return true;
  });
  if (idle.empty()) co_return Result<void>();
  Result<Replies> replies = co_await connection_.execute_scripts([&](CommandEncoder& out) {
    for (std::span<Acknowledgement> left = idle; !left.empty();) {
      const std::span<Acknowledgement> call = first_call(left);
      encode(out, keys_, session_ttl_, call);
      left = left.subspan(call.size());
    }
  });
  if (!replies) co_return failure_of(std::move(replies));
  co_return Result<void>();
}

}  // namespace chatsync::redis
