// How a drain keeps its promises.
//
// A worker claims a batch from the pass, writes it in one transaction, and acknowledges it by the exact keys
// it claimed once the commit is known (promise 4). A crash or an error between the two leaves the batch
// pending; it is written again later, and the store recognises it by identity (promise 3). A batch carries
// the lineage of the cache that it was claimed from, so that a store that has since seen the cache come back
// older can refuse it: its numbers may be other turns' by then. One worker at a time claims, so that a pass
// is walked once, while as many write side by side as there are connections; two workers more than that keep
// the cache busy meanwhile, with the next batch and with the acknowledgement of the one before. The first
// failure stops the claiming; batches under way still end.
#include "sync/drain.hpp"

#include <algorithm>
#include <exception>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/fault.hpp"
#include "base/log.hpp"
#include "base/task_group.hpp"
#include "chat/turn_json.hpp"
#include "sync/load_session.hpp"

namespace chatsync::sync {
namespace {

std::vector<Session> sessions_of_turns(const TurnBatch& batch, std::size_t from, std::size_t to) {
  std::set<std::string_view> wanted;
  for (std::size_t i = from; i < to; ++i) wanted.insert(batch.turns[i].turn.session_id);
  std::vector<Session> sessions;
  std::ranges::copy_if(batch.sessions, std::back_inserter(sessions),
                       [&](const Session& session) { return wanted.contains(session.session_id); });
  return sessions;
}

std::size_t bytes_of_turns(const TurnBatch& batch) {
  std::size_t bytes = 0;
  for (const PendingTurn& pending : batch.turns) bytes += bytes_of(pending.turn);
  return bytes;
}

AsyncResult<WriteOutcome> write(TurnStore* store, SharedBatch batch, AsyncSlots* writing) {
  if (writing == nullptr) co_return co_await store->write(batch);
  const auto slot = co_await writing->enter();
  co_return co_await store->write(batch);
}

AsyncResult<MoveOutcome> commit_then_acknowledge(std::shared_ptr<const DrainTools> tools, SharedBatch batch,
                                                 AsyncSlots* writing) {
  const SteadyTime begin = tools->clock.steady_now();
  fault::point("drain.before_write");
  if (fault::planted(fault::PlantedBug::acknowledge_before_commit))
    static_cast<void>(co_await tools->pending.acknowledge(batch));
  Result<WriteOutcome> written = co_await write(&tools->store, batch, writing);
  if (!written && fault::planted(fault::PlantedBug::drop_batch_on_failure)) written = WriteOutcome{};
  fault::point("drain.written");
  if (!written) {
    note_store_failure(tools->metrics, written.error().kind);
    if (written.error().code != kLineageSuperseded) co_return failure_of(std::move(written));
    tools->trust.revoke();
    if (tools->cache.lineage() != batch->lineage) {
      tools->left_over.push_back(batch);
      co_return failure_of(std::move(written));
    }
    const Result<std::size_t> rescued = co_await rescue(tools, batch);
    if (!rescued) co_return std::unexpected(rescued.error());
    co_return MoveOutcome{.synced = *rescued, .dead_lettered = batch->dead_letters.size()};
  }
  // In a cache that came back older, another turn may have the name of one that was claimed from it before.
  if (tools->cache.lineage() != batch->lineage) {
    co_return fail(ErrorKind::unavailable,
                   "the cache was replaced while its turns were written to the store");
  }
  Result<std::size_t> acknowledged = co_await tools->pending.acknowledge(batch);
  if (!acknowledged) {
    tools->metrics.retries_cache.add();
    co_return failure_of(std::move(acknowledged));
  }
  fault::point("drain.acknowledged");
  tools->backlog.remove(*acknowledged, bytes_of_turns(*batch));

  const std::size_t not_moved = batch->dead_letters.size() + written->quarantined + written->deleted;
  const MoveOutcome outcome{.synced = *acknowledged - std::min(*acknowledged, not_moved),
                            .dead_lettered = batch->dead_letters.size() + written->quarantined};
  tools->metrics.batches.add();
  tools->metrics.turns_synced.add(outcome.synced);
  tools->metrics.turns_dead_lettered.add(outcome.dead_lettered);
  const auto duration = tools->clock.steady_now() - begin;
  tools->metrics.batch_duration.observe_us(
      std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
  co_return outcome;
}

}  // namespace

void note_store_failure(SyncMetrics& metrics, ErrorKind kind) {
  switch (kind) {
    case ErrorKind::rejected:
      return metrics.retries_rejected.add();
    case ErrorKind::outcome_unknown:
      return metrics.retries_outcome_unknown.add();
    default:
      return metrics.retries_store_unavailable.add();
  }
}

std::pair<TurnBatch, TurnBatch> halve(const TurnBatch& batch) {
  const std::size_t middle = batch.turns.size() / 2;
  const auto split = batch.turns.begin() + static_cast<std::ptrdiff_t>(middle);
  TurnBatch first;
  first.lineage = batch.lineage;
  first.turns.assign(batch.turns.begin(), split);
  first.sessions = sessions_of_turns(batch, 0, middle);
  first.dead_letters = batch.dead_letters;
  TurnBatch second;
  second.lineage = batch.lineage;
  second.turns.assign(split, batch.turns.end());
  second.sessions = sessions_of_turns(batch, middle, batch.turns.size());

  std::set<std::string_view> with_turns;
  for (const PendingTurn& pending : batch.turns) with_turns.insert(pending.turn.session_id);
  std::ranges::copy_if(batch.sessions, std::back_inserter(first.sessions),
                       [&](const Session& session) { return !with_turns.contains(session.session_id); });
  return {std::move(first), std::move(second)};
}

DeadLetter letter_of(const PendingTurn& pending, const Error& reason, std::int64_t now_us) {
  return {.session_id = pending.turn.session_id,
          .key = pending.key,
          .reason = reason.message,
          .error_code = reason.code.empty() ? "rejected" : reason.code,
          .payload = history_entry(pending.turn),
          .first_failed_at_us = now_us};
}

TurnBatch as_dead_letter(const TurnBatch& batch, const Error& reason, std::int64_t now_us) {
  const PendingTurn& pending = batch.turns.front();
  TurnBatch result;
  result.lineage = batch.lineage;
  result.dead_letters = batch.dead_letters;
  // The letter's number stays taken, also when the session leaves the cache and comes back from the store.
  result.sessions = batch.sessions;
  for (Session& session : result.sessions) {
    if (session.session_id == pending.turn.session_id)
      session.question_count = std::max(session.question_count, pending.turn.seq.value_or(0));
  }
  result.dead_letters.push_back(letter_of(pending, reason, now_us));
  return result;
}

AsyncResult<std::size_t> rescue(std::shared_ptr<const DrainTools> tools, SharedBatch batch) {
  if (tools->cache.lineage() == batch->lineage) {
    Result<void> admitted = co_await admit_cache(&tools->cache, &tools->store);
    if (admitted) co_return fail(ErrorKind::unavailable, "the cache started anew", kLineageSuperseded);
    if (admitted.error().code != kLineageSuperseded) co_return failure_of(std::move(admitted));
  }
  log_warning("{} turns come from a cache that another one has taken the place of: they get new numbers",
              batch->turns.size());
  std::vector<DirectTurn> turns;
  for (const PendingTurn& pending : batch->turns) turns.push_back({.turn = pending.turn});
  const auto shared = std::make_shared<const std::vector<DirectTurn>>(std::move(turns));
  const Result<std::vector<Result<AppendOutcome>>> appended = co_await tools->store.append(shared);
  if (!appended) co_return std::unexpected(appended.error());
  std::vector<DeadLetter> dead = batch->dead_letters;
  for (std::size_t i = 0; i < appended->size(); ++i) {
    const Result<AppendOutcome>& outcome = (*appended)[i];
    // An erased session takes its turns along.
    if (outcome || outcome.error().kind == ErrorKind::gone) continue;
    dead.push_back(letter_of(batch->turns[i], outcome.error(), tools->clock.now_us()));
  }
  if (!dead.empty()) {
    const auto letters = std::make_shared<const TurnBatch>(TurnBatch{.dead_letters = std::move(dead)});
    const Result<WriteOutcome> written = co_await tools->store.write(letters);
    if (!written) co_return std::unexpected(written.error());
  }
  tools->metrics.turns_appended.add(batch->turns.size());
  if (tools->cache.lineage() == batch->lineage) {
    const Result<std::size_t> acknowledged = co_await tools->pending.acknowledge(batch);
    if (!acknowledged) co_return std::unexpected(acknowledged.error());
    tools->backlog.remove(*acknowledged, bytes_of_turns(*batch));
  }
  co_return batch->turns.size();
}

AsyncResult<MoveOutcome> move_batch(std::shared_ptr<const DrainTools> tools, SharedBatch batch,
                                    AsyncSlots* writing) {
  MoveOutcome total;
  std::vector<SharedBatch> waiting{std::move(batch)};
  while (!waiting.empty()) {
    const SharedBatch current = std::move(waiting.back());
    waiting.pop_back();
    Result<MoveOutcome> moved = co_await commit_then_acknowledge(tools, current, writing);
    if (moved) {
      total.synced += moved->synced;
      total.dead_lettered += moved->dead_lettered;
      continue;
    }
    if (moved.error().kind != ErrorKind::rejected) co_return failure_of(std::move(moved));
    if (current->turns.empty()) {
      // Letters do not fail for their sessions' data; a batch of nothing else has nothing left to leave out.
      if (current->sessions.empty() || current->dead_letters.empty()) co_return failure_of(std::move(moved));
      waiting.push_back(std::make_shared<const TurnBatch>(
          TurnBatch{.dead_letters = current->dead_letters, .lineage = current->lineage}));
      continue;
    }
    if (current->turns.size() == 1) {
      const Turn& turn = current->turns.front().turn;
      log_warning("turn {} of session {} goes to dead_letters: {}", turn.turn_id, turn.session_id,
                  moved.error().message);
      waiting.push_back(
          std::make_shared<const TurnBatch>(as_dead_letter(*current, moved.error(), tools->clock.now_us())));
    } else {
      auto [first, second] = halve(*current);
      if (fault::planted(fault::PlantedBug::forget_bisected_half)) {
        static_cast<void>(co_await tools->pending.acknowledge(std::make_shared<const TurnBatch>(second)));
        second = {};
      }
      waiting.push_back(std::make_shared<const TurnBatch>(std::move(second)));
      waiting.push_back(std::make_shared<const TurnBatch>(std::move(first)));
    }
  }
  co_return total;
}

Drain::Drain(std::shared_ptr<const DrainTools> tools, PassKind kind, std::size_t connections)
    : tools_(std::move(tools)),
      pass_(tools_->pending.begin_pass(kind)),
      connections_(std::max<std::size_t>(connections, 1)),
      claiming_(tools_->executor, 1),
      writing_(tools_->executor, connections_) {}

boost::asio::awaitable<DrainReport> Drain::run() {
  TaskGroup workers(tools_->executor);
  for (std::size_t i = 0; i < connections_ + 2; ++i) workers.spawn("drain worker", work());
  co_await workers.join();
  co_return report_;
}

boost::asio::awaitable<void> Drain::work() {
  std::exception_ptr escaped;
  try {
    co_await work_until_done();
  } catch (...) {
    escaped = std::current_exception();
  }
  if (!escaped) co_return;
  // A drain that broke must not look like one that found nothing left.
  log_escaped_exception("drain worker", escaped);
  report_.failure = Error{.kind = ErrorKind::internal, .message = "the drain broke off; see the log"};
}

boost::asio::awaitable<void> Drain::work_until_done() {
  while (true) {
    Result<SharedBatch> batch = co_await claim();
    if (batch && *batch == nullptr) co_return;
    Result<MoveOutcome> moved;
    if (batch) {
      moved = co_await move_batch(tools_, *batch, &writing_);
    } else {
      moved = failure_of(std::move(batch));
    }
    if (!moved) {
      report_.failure = std::move(moved).error();
      co_return;
    }
    report_.synced += moved->synced;
    report_.dead_lettered += moved->dead_lettered;
  }
}

AsyncResult<SharedBatch> Drain::claim() {
  const auto guard = co_await claiming_.enter();
  if (exhausted_ || report_.failure) co_return SharedBatch();
  const std::uint64_t lineage = tools_->cache.lineage();
  Result<TurnBatch> batch = co_await pass_->next(tools_->options.batch_turns);
  exhausted_ = !batch || batch->empty();
  if (!batch) {
    tools_->metrics.retries_cache.add();
    co_return failure_of(std::move(batch));
  }
  if (batch->empty()) co_return SharedBatch();
  batch->lineage = lineage;
  fault::point("drain.claimed");
  co_return std::make_shared<const TurnBatch>(std::move(*batch));
}

}  // namespace chatsync::sync
