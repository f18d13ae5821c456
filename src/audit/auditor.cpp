// Three walks. Over the sessions of the store: each is compared with what the cache holds of it. Over the
// sessions of the cache: those that the store does not know are judged on their own. Over the pending turns:
// those that are stored already must not be counted twice, and those of sessions without a count belong to
// nobody.
//
// A quick look reads cache and store one after the other, and may catch a turn on its way between them. What
// looks wrong is therefore read again, cache, store and cache, until nothing has changed meanwhile.
#include "audit/auditor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <map>
#include <unordered_set>
#include <utility>

namespace chatsync::audit {
namespace {

constexpr std::size_t kSessionsAtOnce = 500;
constexpr std::size_t kTurnsAtOnce = 1'000;
constexpr std::size_t kPageTurns = 200;
constexpr std::size_t kMissingNumbers = 10'000;
constexpr int kLooks = 8;
constexpr std::chrono::milliseconds kFirstPause{10};
constexpr std::chrono::milliseconds kLongestPause{80};

/// Behind every id before `session_id`, and before it: a walk that begins there meets the session first.
std::string just_before(std::string session_id) {
  --session_id.back();
  return session_id + '\x7f';
}

bool same(const std::optional<StoreTally>& a, const std::optional<StoreTally>& b) {
  if (a.has_value() != b.has_value()) return false;
  return !a || (a->rows == b->rows && a->unsettled == b->unsettled && a->deleted == b->deleted &&
                a->session.question_count == b->session.question_count &&
                a->dead_letters + a->discarded_letters == b->dead_letters + b->discarded_letters);
}

}  // namespace

AsyncResult<AuditReport> Auditor::run() {
  for (const auto step : {&Auditor::audit_stored_sessions, &Auditor::audit_cached_sessions,
                          &Auditor::audit_pending_turns, &Auditor::audit_orphans, &Auditor::count_letters}) {
    Result<void> done = co_await (this->*step)();
    if (!done) co_return failure_of(std::move(done));
  }
  co_return std::move(report_);
}

AsyncResult<void> Auditor::audit_stored_sessions() {
  std::string after;
  for (;;) {
    const Result<std::vector<StoreTally>> page = co_await parts_.rows.tallies(after, kSessionsAtOnce);
    if (!page) co_return std::unexpected(page.error());
    if (page->empty()) co_return Result<void>();
    for (const StoreTally& tally : *page) {
      ++(tally.deleted ? report_.erased_sessions : report_.stored_sessions);
      letters_of_sessions_ += tally.dead_letters + tally.discarded_letters;
      SessionView view{.session_id = tally.session.session_id, .stored = tally};
      const Result<std::optional<SessionView::Cached>> cached = co_await cached_view(view.session_id);
      if (!cached) co_return std::unexpected(cached.error());
      view.cached = *cached;
      const Result<void> audited = co_await audit(std::move(view));
      if (!audited) co_return audited;
    }
    after = page->back().session.session_id;
  }
}

AsyncResult<void> Auditor::audit_cached_sessions() {
  const std::unique_ptr<SessionWalk> walk = parts_.pending.walk_sessions();
  for (;;) {
    const Result<std::vector<SessionTally>> page = co_await walk->next(kSessionsAtOnce);
    if (!page) co_return std::unexpected(page.error());
    if (page->empty()) co_return Result<void>();
    std::vector<std::string> ids;
    for (const SessionTally& tally : *page) ids.push_back(tally.session_id);
    const Result<std::vector<SessionCount>> counts = co_await parts_.store.counts_of(std::move(ids));
    if (!counts) co_return std::unexpected(counts.error());
    std::unordered_set<std::string> known;
    for (const SessionCount& count : *counts) known.insert(count.session_id);
    for (const SessionTally& tally : *page) {
      if (!known.insert(tally.session_id).second) continue;
      const Result<std::optional<StoreTally>> stored = co_await tally_of(tally.session_id);
      if (!stored) co_return std::unexpected(stored.error());
      if (stored->has_value()) continue;  // Erased, or stored since: the walk over the store judges it.
      ++report_.cached_sessions;
      const Result<void> audited = co_await audit(
          {.session_id = tally.session_id,
           .stored = std::nullopt,
           .cached = SessionView::Cached{tally.question_count, static_cast<std::int64_t>(tally.pending)}});
      if (!audited) co_return audited;
    }
  }
}

AsyncResult<void> Auditor::audit_pending_turns() {
  const std::unique_ptr<PendingPass> pass = parts_.pending.begin_pass(PassKind::sweep);
  for (;;) {
    const Result<TurnBatch> batch = co_await pass->next(kTurnsAtOnce);
    if (!batch) co_return std::unexpected(batch.error());
    if (batch->empty()) co_return Result<void>();
    std::map<std::string, std::int64_t> pending;
    std::map<std::string, std::string> session_of;
    std::vector<std::string> ids;
    for (const PendingTurn& entry : batch->turns) {
      ++pending[entry.turn.session_id];
      session_of[entry.turn.turn_id] = entry.turn.session_id;
      ids.push_back(entry.turn.turn_id);
    }
    for (const auto& [session_id, count] : pending) {
      const Result<void> audited = co_await audit_pending_of(session_id, count);
      if (!audited) co_return audited;
    }
    if (ids.empty()) continue;
    const Result<std::vector<std::string>> stored = co_await parts_.rows.stored_turn_ids(std::move(ids));
    if (!stored) co_return std::unexpected(stored.error());
    std::set<std::string> overlapping;
    for (const std::string& id : *stored) overlapping.insert(session_of[id]);
    for (const std::string& session_id : overlapping) {
      const auto quick = quick_shares_.find(session_id);
      if (quick == quick_shares_.end()) continue;
      const Result<std::optional<SessionView>> view = co_await look(session_id);
      if (!view) co_return std::unexpected(view.error());
      if (!view->has_value()) continue;
      // What the quick look took for pending alone may have been stored already then, or only since.
      Verdict verdict = judge(**view);
      report_.ledger -= quick->second;
      report_.ledger += verdict.share;
      quick_shares_.erase(quick);
      report_.stored_and_pending += (*view)->stored_and_pending;
      report(session_id, std::move(verdict.faults));
    }
  }
}

AsyncResult<void> Auditor::audit_pending_of(std::string session_id, std::int64_t pending) {
  for (int looks = 0; looks < 2; ++looks) {
    const Result<std::optional<SessionView::Cached>> cached = co_await cached_view(session_id);
    if (!cached) co_return std::unexpected(cached.error());
    if (cached->has_value() && (*cached)->question_count > 0) co_return Result<void>();
    // Between the pass and this look, the last of them may have been acknowledged and the session expired.
    const Result<std::vector<Turn>> still = co_await parts_.cache.pending(session_id, {.limit = 1});
    if (!still) co_return std::unexpected(still.error());
    if (still->empty()) co_return Result<void>();
  }
  const Result<std::optional<StoreTally>> stored = co_await tally_of(session_id);
  if (!stored) co_return std::unexpected(stored.error());
  // One that the store knows has been judged with what is pending.
  if (!stored->has_value()) report_.ledger.pending += pending;
  report(session_id, {fmt::format("{} pending turn{} in a session without a count in the cache", pending,
                                  pending == 1 ? "" : "s")});
  co_return Result<void>();
}

AsyncResult<void> Auditor::audit_orphans() {
  std::string after;
  for (;;) {
    const Result<std::vector<OrphanTurns>> page = co_await parts_.rows.orphans(after, kSessionsAtOnce);
    if (!page) co_return std::unexpected(page.error());
    if (page->empty()) co_return Result<void>();
    for (const OrphanTurns& orphan : *page) {
      report_.ledger.stored += orphan.rows;
      report(orphan.session_id, {fmt::format("{} stored turn{} of a session that has no row in chat_sessions",
                                             orphan.rows, orphan.rows == 1 ? "" : "s")});
    }
    after = page->back().session_id;
  }
}

/// Dead letters of what is no session at all are turns that were accepted, too.
AsyncResult<void> Auditor::count_letters() {
  std::int64_t letters = 0;
  LetterPage page{.limit = kTurnsAtOnce, .discarded_too = true};
  for (;;) {
    const Result<std::vector<StoredLetter>> found = co_await parts_.letters.list(page);
    if (!found) co_return std::unexpected(found.error());
    if (found->empty()) break;
    letters += static_cast<std::int64_t>(found->size());
    page.after_id = found->back().id;
  }
  const std::int64_t elsewhere = std::max<std::int64_t>(letters - letters_of_sessions_, 0);
  report_.ledger += {.accepted = elsewhere, .dead_lettered = elsewhere};
  co_return Result<void>();
}

AsyncResult<void> Auditor::audit(SessionView quick) {
  if (quick.stored && needs_missing_numbers(*quick.stored)) {
    Result<std::vector<std::int64_t>> missing =
        co_await parts_.rows.missing_seqs(quick.session_id, kMissingNumbers);
    if (!missing) co_return failure_of(std::move(missing));
    quick.missing = std::move(*missing);
  }
  Verdict verdict = judge(quick);
  if (!verdict.faults.empty()) {
    const Result<std::optional<SessionView>> view = co_await look(quick.session_id);
    if (!view) co_return std::unexpected(view.error());
    if (!view->has_value()) {
      ++report_.unsteady_sessions;
      co_return Result<void>();
    }
    Result<SessionView> with_letters = co_await add_letters(**view);
    if (!with_letters) co_return failure_of(std::move(with_letters));
    verdict = judge(*with_letters);
    report_.stored_and_pending += with_letters->stored_and_pending;
  } else if (quick.cached && quick.cached->pending > 0) {
    quick_shares_[quick.session_id] = verdict.share;
  }
  report_.ledger += verdict.share;
  report(quick.session_id, std::move(verdict.faults));
  co_return Result<void>();
}

AsyncResult<SessionView> Auditor::add_letters(SessionView view) {
  if (view.stored) co_return view;
  StoreTally tally;
  tally.session.session_id = view.session_id;
  LetterPage page{.limit = kTurnsAtOnce, .session_id = view.session_id, .discarded_too = true};
  for (;;) {
    const Result<std::vector<StoredLetter>> letters = co_await parts_.letters.list(page);
    if (!letters) co_return std::unexpected(letters.error());
    if (letters->empty()) break;
    for (const StoredLetter& letter : *letters) {
      ++(letter.discarded_at_us ? tally.discarded_letters : tally.dead_letters);
    }
    page.after_id = letters->back().id;
  }
  letters_of_sessions_ += tally.dead_letters + tally.discarded_letters;
  if (tally.dead_letters + tally.discarded_letters > 0) view.stored = std::move(tally);
  co_return view;
}

AsyncResult<std::optional<SessionView>> Auditor::look(std::string session_id) {
  boost::asio::steady_timer pause(co_await boost::asio::this_coro::executor);
  for (int looks = 0; looks < kLooks; ++looks) {
    const Result<SessionView> view = co_await look_once(session_id);
    if (!view) co_return std::unexpected(view.error());
    const Result<std::optional<StoreTally>> stored = co_await tally_of(session_id);
    if (!stored) co_return std::unexpected(stored.error());
    const Result<std::optional<SessionView::Cached>> cached = co_await cached_view(session_id);
    if (!cached) co_return std::unexpected(cached.error());
    if (same(view->stored, *stored) && view->cached == *cached) co_return *view;
    pause.expires_after(std::min(kFirstPause * (1 << looks), kLongestPause));
    co_await pause.async_wait(boost::asio::use_awaitable);
  }
  unsteady_.insert(session_id);
  co_return std::nullopt;
}

AsyncResult<SessionView> Auditor::look_once(std::string session_id) {
  SessionView view{.session_id = session_id};
  Result<std::optional<SessionView::Cached>> cached = co_await cached_view(session_id);
  if (!cached) co_return failure_of(std::move(cached));
  view.cached = *cached;
  Result<std::optional<StoreTally>> stored = co_await tally_of(session_id);
  if (!stored) co_return failure_of(std::move(stored));
  view.stored = std::move(*stored);
  if (view.stored && needs_missing_numbers(*view.stored)) {
    Result<std::vector<std::int64_t>> missing =
        co_await parts_.rows.missing_seqs(session_id, kMissingNumbers);
    if (!missing) co_return failure_of(std::move(missing));
    view.missing = std::move(*missing);
  }
  if (!view.cached || view.cached->pending == 0 || (view.stored && view.stored->deleted)) co_return view;
  Result<std::int64_t> overlap = co_await count_stored_and_pending(std::move(session_id));
  if (!overlap) co_return failure_of(std::move(overlap));
  view.stored_and_pending = *overlap;
  co_return view;
}

AsyncResult<std::int64_t> Auditor::count_stored_and_pending(std::string session_id) {
  std::int64_t overlap = 0;
  TurnPage page{.limit = kPageTurns, .after_us = -1};
  for (;;) {
    const Result<std::vector<Turn>> pending = co_await parts_.cache.pending(session_id, page);
    if (!pending) co_return std::unexpected(pending.error());
    if (pending->empty()) co_return overlap;
    std::vector<std::string> ids;
    for (const Turn& turn : *pending) ids.push_back(turn.turn_id);
    const Result<std::vector<std::string>> stored = co_await parts_.rows.stored_turn_ids(std::move(ids));
    if (!stored) co_return std::unexpected(stored.error());
    overlap += static_cast<std::int64_t>(stored->size());
    page.after_us = pending->back().timestamp_us;
  }
}

AsyncResult<std::optional<StoreTally>> Auditor::tally_of(std::string session_id) {
  Result<std::vector<StoreTally>> found = co_await parts_.rows.tallies(just_before(session_id), 1);
  if (!found) co_return failure_of(std::move(found));
  if (found->empty() || found->front().session.session_id != session_id) co_return std::nullopt;
  co_return std::move(found->front());
}

AsyncResult<std::optional<SessionView::Cached>> Auditor::cached_view(std::string session_id) {
  const Result<std::optional<CachedSession>> found = co_await parts_.cache.find(std::move(session_id));
  if (!found) co_return std::unexpected(found.error());
  if (!found->has_value()) co_return std::nullopt;
  co_return SessionView::Cached{(*found)->session.question_count,
                                static_cast<std::int64_t>((*found)->pending)};
}

void Auditor::report(const std::string& session_id, std::vector<std::string> faults) {
  if (faults.empty() || reported_.contains(session_id)) return;
  ++report_.mismatch_count;
  if (report_.mismatches.size() == AuditReport::kMismatchesShown) return;
  reported_.insert(session_id);
  report_.mismatches.push_back({session_id, std::move(faults)});
}

}  // namespace chatsync::audit
