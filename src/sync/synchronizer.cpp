// One drain at a time, shared by all who wait for one.
//
// A request for a drain puts itself on the next drain, `next_`, never on the one under way: that one may
// already have passed the session whose turn the caller has just seen acknowledged (promise 7). The drainer
// takes `next_`, runs it and answers everybody on it; requests that arrive meanwhile form the next one. The
// background loop is one more caller. Everything here runs on one executor, so no step can interleave with
// another but at a co_await.
//
// A commit asked for by a single turn does not wait for a drain: turns that ask while a commit is under way
// are written together by the next one, so that many callers share each COMMIT.
#include "sync/synchronizer.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "base/one_shot.hpp"
#include "base/task_group.hpp"
#include "sync/drain.hpp"
#include "sync/schedule.hpp"

namespace chatsync::sync {
namespace asio = boost::asio;

struct Synchronizer::Impl {
  struct RequestedDrain {
    explicit RequestedDrain(const asio::any_io_executor& executor) : report(executor) {}
    OneShot<DrainReport> report;
    PassKind kind = PassKind::indexed;
  };

  struct RequestedCommit {
    explicit RequestedCommit(const asio::any_io_executor& executor) : done(executor) {}
    PendingTurn turn;
    Session session;
    OneShot<Result<void>> done;
  };

  Impl(const asio::any_io_executor& on, TurnCache& turn_cache, PendingTurns& pending, TurnStore& store,
       const Clock& clock, const SynchronizerOptions& options)
      : executor(on),
        cache(turn_cache),
        backlog(options.limits),
        tools(std::make_shared<const DrainTools>(DrainTools{.executor = on,
                                                            .pending = pending,
                                                            .store = store,
                                                            .clock = clock,
                                                            .metrics = metrics,
                                                            .options = options})),
        schedule({.drain = options.interval, .sweep = options.sweep_interval}, options.watermark,
                 clock.steady_now()),
        alarm(clock.make_alarm(on)),
        tasks(on) {}

  asio::awaitable<DrainReport> next_drain(PassKind kind);
  asio::awaitable<void> run_drains();
  asio::awaitable<DrainReport> drain_once(PassKind kind);
  void note_end_of_drain(const DrainReport& report, PassKind kind);

  AsyncResult<void> commit(PendingTurn turn, Session session);
  asio::awaitable<void> run_commits();
  AsyncResult<void> commit_together(std::vector<std::shared_ptr<RequestedCommit>> group);

  asio::any_io_executor executor;
  TurnCache& cache;
  SyncMetrics metrics;
  Backlog backlog;
  CacheTrust trust;
  std::shared_ptr<const DrainTools> tools;
  DrainSchedule schedule;
  std::unique_ptr<Alarm> alarm;
  TaskGroup tasks;
  std::shared_ptr<RequestedDrain> next;
  bool draining = false;
  std::deque<std::shared_ptr<RequestedCommit>> commits;
  bool committing = false;
  bool stopping = false;
  std::minstd_rand jitter{std::random_device{}()};
  std::atomic<std::size_t> accepted_since_drain{0};
};

asio::awaitable<DrainReport> Synchronizer::Impl::next_drain(PassKind kind) {
  if (!next) next = std::make_shared<RequestedDrain>(executor);
  if (kind == PassKind::sweep) next->kind = PassKind::sweep;
  const auto mine = next;
  if (!std::exchange(draining, true)) tasks.spawn("drainer", run_drains());
  co_return co_await mine->report.wait();
}

asio::awaitable<void> Synchronizer::Impl::run_drains() {
  while (next) {
    const auto current = std::exchange(next, {});
    const DrainReport report = co_await drain_once(current->kind);
    current->report.set(report);
  }
  draining = false;
}

asio::awaitable<DrainReport> Synchronizer::Impl::drain_once(PassKind kind) {
  accepted_since_drain.store(0, std::memory_order_relaxed);
  Drain drain(tools, kind);
  DrainReport report = co_await drain.run();
  if (report.failure) {
    const Result<std::size_t> pending = co_await tools->pending.count_pending();
    if (pending) report.pending = *pending;
  }
  note_end_of_drain(report, kind);
  co_return report;
}

void Synchronizer::Impl::note_end_of_drain(const DrainReport& report, PassKind kind) {
  const SteadyTime now = tools->clock.steady_now();
  metrics.drains.add();
  const bool was_failing = schedule.failing();
  if (report.failure) {
    metrics.failed_drains.add();
    schedule.failed(now, std::uniform_real_distribution<>(0, 1)(jitter));
    // One line when the trouble begins and one when it ends; the attempts between them are in the metrics.
    if (!was_failing) {
      log_warning("turns cannot be synced, {} wait and are kept; retrying with backoff: {}",
                  report.pending ? fmt::to_string(*report.pending) : "some", report.failure->message);
    }
  } else {
    schedule.succeeded(now, kind);
    metrics.last_success_us.set(tools->clock.now_us());
    if (was_failing) log_info("turns are synced again; this drain moved {}", report.synced);
  }
  if (report.dead_lettered > 0)
    log_warning("{} turns went to dead_letters in this drain", report.dead_lettered);
  alarm->ring();  // The background loop computes its next wake-up from the schedule as it stands.
}

AsyncResult<void> Synchronizer::Impl::commit(PendingTurn turn, Session session) {
  auto request = std::make_shared<RequestedCommit>(executor);
  request->turn = std::move(turn);
  request->session = std::move(session);
  commits.push_back(request);
  if (!std::exchange(committing, true)) tasks.spawn("committer", run_commits());
  co_return co_await request->done.wait();
}

asio::awaitable<void> Synchronizer::Impl::run_commits() {
  while (!commits.empty()) {
    const std::size_t size = std::min(commits.size(), tools->options.batch_turns);
    const auto end = commits.begin() + static_cast<std::ptrdiff_t>(size);
    std::vector<std::shared_ptr<RequestedCommit>> group(commits.begin(), end);
    commits.erase(commits.begin(), end);

    Result<void> outcome = co_await commit_together(group);
    if (!outcome && outcome.error().kind == ErrorKind::rejected && group.size() > 1) {
      // One datum spoils the group: each for itself, so that only the one at fault fails.
      for (const auto& request : group) request->done.set(co_await commit_together({request}));
      continue;
    }
    for (const auto& request : group) request->done.set(outcome);
  }
  committing = false;
}

AsyncResult<void> Synchronizer::Impl::commit_together(std::vector<std::shared_ptr<RequestedCommit>> group) {
  TurnBatch batch;
  std::map<std::string, Session> sessions;
  for (const auto& request : group) {
    batch.turns.push_back(request->turn);
    Session& session = sessions.try_emplace(request->session.session_id, request->session).first->second;
    session.question_count = std::max(session.question_count, request->session.question_count);
    session.updated_at_us = std::max(session.updated_at_us, request->session.updated_at_us);
    session.created_at_us = std::min(session.created_at_us, request->session.created_at_us);
  }
  for (auto& [id, session] : sessions) batch.sessions.push_back(std::move(session));

  const auto shared = std::make_shared<const TurnBatch>(std::move(batch));
  Result<WriteOutcome> written = co_await tools->store.write(shared);
  if (!written) co_return failure_of(std::move(written));
  // The turns are durable; if acknowledging fails, the next drain finds them stored and acknowledges them.
  const Result<std::size_t> acknowledged = co_await tools->pending.acknowledge(shared);
  if (acknowledged) metrics.turns_synced.add(*acknowledged);
  co_return Result<void>();
}

Synchronizer::Synchronizer(const asio::any_io_executor& executor, TurnCache& cache, PendingTurns& pending,
                           TurnStore& store, const Clock& clock, SynchronizerOptions options)
    : impl_(std::make_unique<Impl>(executor, cache, pending, store, clock, options)) {}

Synchronizer::~Synchronizer() = default;

asio::awaitable<void> Synchronizer::run() {
  Impl& impl = *impl_;
  while (!impl.stopping) {
    const SteadyTime now = impl.tools->clock.steady_now();
    if (impl.schedule.is_due(now, impl.accepted_since_drain.load(std::memory_order_relaxed))) {
      co_await impl.next_drain(impl.schedule.kind_at(now));
    } else {
      co_await impl.alarm->wait_until(impl.schedule.due());
    }
  }
  co_await impl.tasks.join();
}

asio::awaitable<DrainReport> Synchronizer::sync_now() {
  // A sweep, so that the barrier also covers turns that another program has just written.
  return asio::co_spawn(impl_->executor, impl_->next_drain(PassKind::sweep), asio::use_awaitable);
}

AsyncResult<void> Synchronizer::commit(PendingTurn turn, Session session) {
  return asio::co_spawn(impl_->executor, impl_->commit(std::move(turn), std::move(session)),
                        asio::use_awaitable);
}

AsyncResult<AppendOutcome> Synchronizer::append(DirectTurn) {
  co_return fail(ErrorKind::internal, "append is missing");
}

const Backlog& Synchronizer::backlog() const { return impl_->backlog; }

CacheTrust& Synchronizer::trust() { return impl_->trust; }

void Synchronizer::note_accepted(std::size_t bytes) {
  impl_->backlog.add(bytes);
  const std::size_t accepted = impl_->accepted_since_drain.fetch_add(1, std::memory_order_relaxed) + 1;
  if (accepted != impl_->tools->options.watermark) return;
  asio::post(impl_->executor, [this] { impl_->alarm->ring(); });
}

void Synchronizer::stop() {
  asio::post(impl_->executor, [this] {
    impl_->stopping = true;
    impl_->alarm->ring();
  });
}

const SyncMetrics& Synchronizer::metrics() const { return impl_->metrics; }

}  // namespace chatsync::sync
