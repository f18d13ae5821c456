// Erasing sessions, and everything of a user: to read all of it, and to erase it.
//
// A session is erased by a tombstone in the store first, which keeps every drain of every instance from
// bringing it back, and then in the cache. If the cache cannot be reached between the two, the store's list
// of living sessions does not name the session any more; so erasing a user ends with a walk over the user's
// tombstones, which takes out of the cache whatever an earlier attempt left there.
#include <fmt/format.h>

#include <map>
#include <utility>

#include "base/fault.hpp"
#include "service/chat_service.hpp"

namespace chatsync::service {
namespace {

constexpr std::size_t kSessionsAtOnce = 200;

}  // namespace

AsyncResult<SessionList> ChatService::sessions_by_id(std::string user_id, std::string after,
                                                     std::size_t limit) {
  // The cache first: a session that is synced meanwhile is then seen in at least one of the two.
  Result<std::vector<Session>> found = co_await cache_.unsynced_sessions_of(user_id);
  if (!found) co_return failure_of(std::move(found));
  std::erase_if(*found, [&](const Session& session) { return session.session_id <= after; });
  const SessionPage page{.limit = limit + 1,
                         .after = SessionPage::Position{.session_id = std::move(after)},
                         .order = SessionPage::Order::by_id};
  Result<std::vector<Session>> stored = co_await store_.sessions_of(std::move(user_id), page);
  if (!stored) co_return failure_of(std::move(stored));

  std::map<std::string, Session> by_id;
  for (Session& session : *found) by_id.emplace(session.session_id, std::move(session));
  for (Session& session : *stored) {
    const auto [known, only_stored] = by_id.try_emplace(session.session_id, session);
    if (!only_stored && !session.title.empty()) known->second.title = std::move(session.title);
  }
  SessionList list;
  for (auto& [id, session] : by_id) list.sessions.push_back(std::move(session));
  list.has_more = list.sessions.size() > limit;
  if (list.has_more) list.sessions.resize(limit);
  for (Session& session : list.sessions) {
    const Result<std::optional<CachedSession>> cached = co_await cache_.find(session.session_id);
    if (!cached) co_return std::unexpected(cached.error());
    if (cached->has_value()) session.question_count = (*cached)->session.question_count;
  }
  co_return list;
}

AsyncResult<std::vector<StoredLetter>> ChatService::dead_letters_of(std::string session_id,
                                                                    std::int64_t after_id,
                                                                    std::size_t limit) {
  Result<std::vector<StoredLetter>> letters = co_await letters_.list(
      {.limit = limit, .after_id = after_id, .session_id = std::move(session_id), .discarded_too = false});
  if (!letters) co_return letters;
  for (StoredLetter& letter : *letters) {
    Result<std::optional<StoredLetter>> whole = co_await letters_.find(letter.id);
    if (!whole) co_return failure_of(std::move(whole));
    // Of one that was replayed meanwhile only its reason is left: its content is a turn.
    if (whole->has_value()) letter = std::move(**whole);
  }
  co_return letters;
}

AsyncResult<std::size_t> ChatService::erase_session(std::string session_id) {
  // A cache that cannot be told would go on taking turns for the session.
  const Result<std::optional<CachedSession>> reachable = co_await cache_.find(session_id);
  if (!reachable) co_return std::unexpected(reachable.error());
  const Result<Session> known = co_await session(session_id);
  if (!known) co_return std::unexpected(known.error());
  co_return co_await erase_everywhere(std::move(session_id), known->question_count);
}

AsyncResult<std::size_t> ChatService::erase_everywhere(std::string session_id, std::int64_t accepted) {
  const Result<std::size_t> stored = co_await store_.erase(session_id, accepted);
  if (!stored) co_return std::unexpected(stored.error());
  fault::point("service.buried");
  const Result<std::size_t> pending = co_await cache_.erase(session_id);
  if (pending) co_return *stored + *pending;
  Error half_done = pending.error();
  half_done.message =
      "session " + session_id +
      " is deleted in the store, but the cache may still hold it: repeat the request when the "
      "cache is back: " +
      half_done.message;
  co_return std::unexpected(std::move(half_done));
}

AsyncResult<UserErasure> ChatService::erase_user(std::string user_id) {
  UserErasure erased;
  Result<void> done = co_await erase_living_sessions(user_id, &erased);
  if (done) done = co_await forget_erased_sessions(std::move(user_id));
  if (done) co_return erased;
  Error broken_off = std::move(done).error();
  broken_off.message +=
      fmt::format(" ({} sessions were erased before that; repeating the request goes on)", erased.sessions);
  co_return std::unexpected(std::move(broken_off));
}

AsyncResult<void> ChatService::erase_living_sessions(std::string user_id, UserErasure* erased) {
  for (;;) {
    Result<std::vector<Session>> sessions = co_await cache_.unsynced_sessions_of(user_id);
    if (sessions && sessions->empty()) {
      sessions = co_await store_.sessions_of(user_id, {.limit = kSessionsAtOnce});
    }
    if (!sessions) co_return failure_of(std::move(sessions));
    if (sessions->empty()) co_return Result<void>();
    for (const Session& session : *sessions) {
      const Result<std::size_t> turns = co_await erase_session(session.session_id);
      // Another request may have erased it meanwhile.
      if (!turns && turns.error().kind == ErrorKind::not_found) continue;
      if (!turns) co_return std::unexpected(turns.error());
      ++erased->sessions;
      erased->turns += *turns;
    }
  }
}

AsyncResult<void> ChatService::forget_erased_sessions(std::string user_id) {
  SessionPage page{.limit = kSessionsAtOnce, .after = {}, .order = SessionPage::Order::by_id, .erased = true};
  for (;;) {
    const Result<std::vector<Session>> erased = co_await store_.sessions_of(user_id, page);
    if (!erased) co_return std::unexpected(erased.error());
    if (erased->empty()) co_return Result<void>();
    for (const Session& session : *erased) {
      const Result<std::size_t> pending = co_await cache_.erase(session.session_id);
      if (!pending) co_return std::unexpected(pending.error());
    }
    page.after = SessionPage::Position{.session_id = erased->back().session_id};
  }
}

}  // namespace chatsync::service
