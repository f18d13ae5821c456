// Reading and managing sessions. A session's truth is the store plus what is pending in the cache (promise
// 9), so each reader here asks the cache first and the store second: a turn on its way from one to the other
// is then seen in at least one of them, and duplicates are dropped by time stamp.
#include <algorithm>
#include <iterator>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include "chat/session_errors.hpp"
#include "service/chat_service.hpp"

namespace chatsync::service {
namespace {

std::unexpected<Error> no_such_session(const std::string& session_id) {
  return fail(ErrorKind::not_found, "there is no session " + session_id, "session_not_found", "session_id");
}

std::unexpected<Error> session_exists(const std::string& session_id) {
  return fail(ErrorKind::conflict, "session " + session_id + " exists already", "session_exists",
              "session_id");
}

/// Both lists oldest first and without duplicates of their own.
std::vector<Turn> merge_by_timestamp(std::vector<Turn> stored, std::vector<Turn> pending) {
  std::vector<Turn> merged;
  merged.reserve(stored.size() + pending.size());
  std::ranges::merge(
      std::make_move_iterator(stored.begin()), std::make_move_iterator(stored.end()),
      std::make_move_iterator(pending.begin()), std::make_move_iterator(pending.end()),
      std::back_inserter(merged), {}, [](const Turn& turn) { return turn.timestamp_us; },
      [](const Turn& turn) { return turn.timestamp_us; });
  // Before it is settled, a turn that the store took in the cache's place may have the stamp of another one.
  const auto doubled = std::ranges::unique(merged, {}, [](const Turn& turn) {
    return std::pair(turn.timestamp_us, std::string_view(turn.turn_id));
  });
  merged.erase(doubled.begin(), doubled.end());
  return merged;
}

/// Cuts a page read with one turn more than its limit down to the limit, at the end that the page does not
/// begin at.
MessageList cut_to_limit(std::vector<Turn> turns, const TurnPage& page) {
  MessageList list{.turns = std::move(turns)};
  list.has_more = list.turns.size() > page.limit;
  if (!list.has_more) return list;
  const auto excess = static_cast<std::ptrdiff_t>(list.turns.size() - page.limit);
  if (page.after_us) {
    list.turns.erase(list.turns.end() - excess, list.turns.end());
  } else {
    list.turns.erase(list.turns.begin(), list.turns.begin() + excess);
  }
  return list;
}

/// Whether reading goes on without the cache, from what the store alone has.
template <class T>
bool cache_is_away(const Result<T>& result) {
  return !result && result.error().kind == ErrorKind::unavailable;
}

/// A title that was given to a conversation is the store's alone (ConversationStore::describe).
void take_title(Session& shown, const Session& stored) {
  if (!stored.title.empty()) shown.title = stored.title;
}

/// All turns of the session that the store has.
std::int64_t count_in(const StoredSession& stored) {
  return stored.session.question_count + stored.unsettled_count;
}

bool comes_before(const Session& a, const Session& b) {
  return std::tuple(-a.updated_at_us, std::string_view(a.session_id)) <
         std::tuple(-b.updated_at_us, std::string_view(b.session_id));
}

}  // namespace

AsyncResult<Session> ChatService::create_session(NewSession request) {
  Session session{.user_id = std::move(request.user_id), .title = std::move(request.title)};
  session.created_at_us = session.updated_at_us = clock_.now_us();
  if (request.session_id) {
    session.session_id = std::move(*request.session_id);
  } else {
    session.session_id = ids_.uuid_v7(session.created_at_us);
  }
  if (request.session_id && !request.known_new) {
    const Result<std::optional<StoredSession>> stored = co_await store_.load(session.session_id, 0);
    if (!stored) co_return std::unexpected(stored.error());
    if (stored->has_value() && (*stored)->deleted) co_return session_deleted(session.session_id);
    if (stored->has_value()) co_return session_exists(session.session_id);
  }
  const Result<bool> created = co_await cache_.create(session);
  if (cache_is_away(created)) {
    const auto alone = std::make_shared<const TurnBatch>(TurnBatch{.sessions = {session}});
    const Result<WriteOutcome> written = co_await store_.write(alone);
    if (!written) co_return std::unexpected(written.error());
    co_return session;
  }
  if (!created) co_return std::unexpected(created.error());
  if (!*created) co_return session_exists(session.session_id);
  co_return session;
}

AsyncResult<std::optional<StoredSession>> ChatService::find_stored(std::string session_id) {
  Result<std::optional<StoredSession>> stored = co_await store_.load(session_id, 0);
  if (stored && stored->has_value() && (*stored)->deleted) stored->reset();
  co_return stored;
}

AsyncResult<Session> ChatService::with_times(Session session) {
  if (session.created_at_us != 0) co_return session;
  const Result<MessageList> newest = co_await merged_turns(session.session_id, {.limit = 1});
  if (!newest) co_return std::unexpected(newest.error());
  const Result<MessageList> oldest = co_await merged_turns(session.session_id, {.limit = 1, .after_us = 0});
  if (!oldest) co_return std::unexpected(oldest.error());
  if (!newest->turns.empty()) session.updated_at_us = newest->turns.back().timestamp_us;
  if (!oldest->turns.empty()) session.created_at_us = oldest->turns.front().timestamp_us;
  co_return session;
}

AsyncResult<Session> ChatService::session(std::string session_id) {
  const bool trusted = cache_is_trusted();
  Result<std::optional<CachedSession>> cached = co_await cache_.find(session_id);
  if (!cached && !cache_is_away(cached)) co_return failure_of(std::move(cached));
  const bool is_cached = cached && cached->has_value();
  Result<std::optional<StoredSession>> stored = co_await find_stored(session_id);
  if (is_cached && trusted) {
    // All but its title is known without the store, which may be away.
    if (stored && stored->has_value()) take_title((*cached)->session, (*stored)->session);
    co_return co_await with_times(std::move((*cached)->session));
  }
  if (!stored) co_return failure_of(std::move(stored));
  if (!is_cached && !stored->has_value()) co_return no_such_session(session_id);
  if (!is_cached) {
    (*stored)->session.question_count = count_in(**stored);
    co_return std::move((*stored)->session);
  }
  // A cache that is not trusted may be behind the store.
  Session& session = (*cached)->session;
  if (stored->has_value()) {
    session.question_count = std::max(session.question_count, count_in(**stored));
    take_title(session, (*stored)->session);
  }
  co_return co_await with_times(std::move(session));
}

AsyncResult<SessionList> ChatService::sessions_of(std::string user_id, SessionPage page) {
  const Result<std::vector<Session>> unsynced = co_await cache_.unsynced_sessions_of(user_id);
  SessionList list{.partial = cache_is_away(unsynced)};
  if (!unsynced && !list.partial) co_return std::unexpected(unsynced.error());
  const std::size_t limit = page.limit;
  const auto after = page.after;
  page.limit = limit + 1;
  Result<std::vector<Session>> stored = co_await store_.sessions_of(user_id, std::move(page));
  if (!stored) co_return failure_of(std::move(stored));

  std::map<std::string, Session> by_id;
  for (const Session& session : unsynced ? *unsynced : std::vector<Session>()) {
    const Session position{.session_id = after ? after->session_id : "",
                           .updated_at_us = after ? after->updated_at_us : 0};
    if (!after || comes_before(position, session)) by_id.emplace(session.session_id, session);
  }
  for (Session& session : *stored) {
    const auto [known, only_stored] = by_id.try_emplace(session.session_id, session);
    if (!only_stored) take_title(known->second, session);
  }
  for (auto& [id, session] : by_id) list.sessions.push_back(std::move(session));
  std::ranges::sort(list.sessions, comes_before);
  list.has_more = list.sessions.size() > limit;
  if (list.has_more) list.sessions.resize(limit);

  // The list is ordered by what is synced; each entry then shows the count that includes pending turns.
  for (Session& session : list.sessions) {
    if (list.partial) break;
    const Result<std::optional<CachedSession>> cached = co_await cache_.find(session.session_id);
    if (!cached) co_return std::unexpected(cached.error());
    if (cached->has_value()) session.question_count = (*cached)->session.question_count;
  }
  co_return list;
}

AsyncResult<MessageList> ChatService::messages(std::string session_id, TurnPage page) {
  if (!page.before_us && !page.after_us && page.limit <= kHistoryTurns && cache_is_trusted()) {
    Result<std::vector<Turn>> history = co_await cache_.history(session_id);
    if (cache_is_away(history)) history = std::vector<Turn>();
    if (!history) co_return failure_of(std::move(history));
    // Only entries with a number say whether something came before them.
    const bool numbered =
        std::ranges::all_of(*history, [](const Turn& turn) { return turn.seq.has_value(); });
    if (numbered && !history->empty() && (history->size() >= page.limit || history->front().seq == 1)) {
      MessageList list = cut_to_limit(std::move(*history), page);
      list.has_more = *list.turns.front().seq > 1;
      co_return list;
    }
  }
  Result<MessageList> list = co_await merged_turns(session_id, page);
  if (list && list->turns.empty()) {
    const Result<Session> known = co_await session(session_id);
    if (!known) co_return std::unexpected(known.error());
  }
  co_return list;
}

AsyncResult<MessageList> ChatService::merged_turns(std::string session_id, TurnPage page) {
  TurnPage one_more = page;
  ++one_more.limit;
  Result<std::vector<Turn>> pending = co_await cache_.pending(session_id, one_more);
  const bool partial = cache_is_away(pending);
  if (partial) pending = std::vector<Turn>();
  if (!pending) co_return failure_of(std::move(pending));
  Result<std::vector<Turn>> stored = co_await store_.turns(session_id, one_more);
  if (!stored) co_return failure_of(std::move(stored));
  MessageList list = cut_to_limit(merge_by_timestamp(std::move(*stored), std::move(*pending)), page);
  list.partial = partial;
  co_return list;
}

AsyncResult<std::optional<Turn>> ChatService::find_turn(std::string session_id, std::string turn_id) {
  Result<std::optional<Turn>> found = co_await find_turn_anywhere(session_id, std::move(turn_id));
  if (found && found->has_value() && (*found)->session_id != session_id) found->reset();
  co_return found;
}

AsyncResult<std::optional<Turn>> ChatService::find_turn_anywhere(std::string session_id,
                                                                 std::string turn_id) {
  Result<std::optional<Turn>> cached = co_await find_cached_turn(std::move(session_id), turn_id);
  if (cache_is_away(cached)) cached = std::nullopt;
  if (!cached || cached->has_value()) co_return cached;
  co_return co_await store_.find_turn(std::move(turn_id));
}

AsyncResult<std::optional<Turn>> ChatService::find_cached_turn(std::string session_id, std::string turn_id) {
  constexpr std::size_t kTurnsAtOnce = 500;
  const auto find_in = [&turn_id](std::vector<Turn>& turns) -> std::optional<Turn> {
    const auto found = std::ranges::find(turns, turn_id, &Turn::turn_id);
    return found == turns.end() ? std::nullopt : std::optional(std::move(*found));
  };
  Result<std::vector<Turn>> turns = co_await cache_.history(session_id);
  if (!turns) co_return failure_of(std::move(turns));
  if (auto found = find_in(*turns)) co_return found;
  TurnPage page{.limit = kTurnsAtOnce};
  do {
    turns = co_await cache_.pending(session_id, page);
    if (!turns) co_return failure_of(std::move(turns));
    if (auto found = find_in(*turns)) co_return found;
    if (!turns->empty()) page.before_us = turns->front().timestamp_us;
  } while (turns->size() == kTurnsAtOnce);
  co_return std::nullopt;
}

AsyncResult<SessionStats> ChatService::stats(std::string session_id) {
  Result<std::optional<CachedSession>> cached = co_await cache_.find(session_id);
  SessionStats stats{.partial = cache_is_away(cached)};
  if (stats.partial) cached = std::optional<CachedSession>();
  if (!cached) co_return failure_of(std::move(cached));
  Result<std::optional<StoredSession>> stored = co_await find_stored(session_id);
  if (!stored) co_return failure_of(std::move(stored));
  if (!cached->has_value() && !stored->has_value()) co_return no_such_session(session_id);

  if (stored->has_value()) {
    const std::int64_t count = count_in(**stored);
    stats.session = std::move((*stored)->session);
    stats.session.question_count = count;
    stats.question_count_store = stats.session.question_count;
    const Result<std::int64_t> rows = co_await store_.count_turns(session_id);
    if (!rows) co_return std::unexpected(rows.error());
    stats.synced = *rows;
  }
  if (cached->has_value()) {
    Result<Session> session = co_await with_times(std::move((*cached)->session));
    if (!session) co_return failure_of(std::move(session));
    stats.question_count_cache = session->question_count;
    session->question_count = std::max(session->question_count, stats.session.question_count);
    stats.session = std::move(*session);
    stats.pending = (*cached)->pending;
    stats.history_length = (*cached)->history_length;
  }
  if (stats.session.question_count > 0) stats.last_activity_us = stats.session.updated_at_us;
  co_return stats;
}

}  // namespace chatsync::service
