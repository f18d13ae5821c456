// One drain at a time, shared by all who wait for one.
//
// A request for a drain puts itself on the next drain, `next_`, never on the one under way: that one may
// already have passed the session whose turn the caller has just seen acknowledged (promise 7). The drainer
// takes `next_`, runs it and answers everybody on it; requests that arrive meanwhile form the next one. The
// background loop is one more caller. Everything here runs on one executor, so no step can interleave with
// another but at a co_await.
//
// Requests that share a drain get the most connections and the widest walk that one of them asked for.
//
// Every drain begins by reconciling the cache with the store; while the cache is not trusted, the background
// loop tries it once a second.
#include "sync/synchronizer.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <random>
#include <utility>
#include <vector>

#include "base/fault.hpp"
#include "base/log.hpp"
#include "base/one_shot.hpp"
#include "base/task_group.hpp"
#include "sync/direct_writes.hpp"
#include "sync/drain.hpp"
#include "sync/reconciler.hpp"
#include "sync/schedule.hpp"

namespace chatsync::sync {
namespace asio = boost::asio;
namespace {

constexpr std::chrono::seconds kReconcileEvery{1};
/// How often a drain begins again because the cache was replaced under it.
constexpr int kDrainAttempts = 3;
/// So many watermarks accepted during a drain are more than it keeps up with.
constexpr std::size_t kBehind = 3;

}  // namespace

struct Synchronizer::Impl {
  struct RequestedDrain {
    explicit RequestedDrain(const asio::any_io_executor& executor) : report(executor) {}
    OneShot<DrainReport> report;
    PassKind kind = PassKind::relief;
    std::size_t connections = 1;
  };

  Impl(const asio::any_io_executor& on, TurnCache& turn_cache, PendingTurns& pending, TurnStore& store,
       const Clock& clock, const SynchronizerOptions& options)
      : executor(on),
        cache(turn_cache),
        backlog(options.limits),
        reconciler(turn_cache, pending, store, trust),
        tools(std::make_shared<const DrainTools>(DrainTools{.executor = on,
                                                            .cache = turn_cache,
                                                            .pending = pending,
                                                            .store = store,
                                                            .clock = clock,
                                                            .metrics = metrics,
                                                            .backlog = backlog,
                                                            .trust = trust,
                                                            .left_over = left_over,
                                                            .options = options})),
        schedule({.drain = options.interval, .sweep = options.sweep_interval}, options.watermark,
                 clock.steady_now()),
        alarm(clock.make_alarm(on)),
        jitter(options.jitter_seed ? *options.jitter_seed : std::random_device{}()),
        tasks(on),
        direct(tools, tasks) {}

  asio::awaitable<DrainReport> next_drain(PassKind kind, std::size_t connections);
  asio::awaitable<void> run_drains();
  asio::awaitable<DrainReport> drain_once(PassKind kind, std::size_t connections);
  std::size_t background_connections() const;
  asio::awaitable<std::optional<Error>> reconcile();
  asio::awaitable<std::optional<Error>> rescue_left_over(DrainReport* report);
  asio::awaitable<void> measure_backlog(DrainReport* report);
  void note_end_of_drain(const DrainReport& report, PassKind kind);
  SteadyTime next_look() const;
  bool reconcile_is_due(SteadyTime now) const;

  AsyncResult<AppendOutcome> append(DirectTurn turn);

  asio::any_io_executor executor;
  TurnCache& cache;
  SyncMetrics metrics;
  Backlog backlog;
  CacheTrust trust;
  Reconciler reconciler;
  std::vector<SharedBatch> left_over;
  std::shared_ptr<const DrainTools> tools;
  DrainSchedule schedule;
  std::unique_ptr<Alarm> alarm;
  std::minstd_rand jitter;
  TaskGroup tasks;
  std::shared_ptr<RequestedDrain> next;
  bool draining = false;
  SteadyTime reconcile_from;
  DirectWrites direct;
  bool standing_in = false;  ///< The store has taken turns in the cache's place, and they are not settled.
  bool stopping = false;
  std::atomic<std::size_t> accepted_since_drain{0};
  std::atomic<bool> trust_wanted{false};
};

asio::awaitable<DrainReport> Synchronizer::Impl::next_drain(PassKind kind, std::size_t connections) {
  if (!next) next = std::make_shared<RequestedDrain>(executor);
  next->connections = std::max(next->connections, connections);
  next->kind = std::max(next->kind, kind);
  const auto mine = next;
  if (!std::exchange(draining, true)) tasks.spawn("drainer", run_drains());
  co_return co_await mine->report.wait();
}

asio::awaitable<void> Synchronizer::Impl::run_drains() {
  while (next) {
    const bool joinable = fault::planted(fault::PlantedBug::join_running_drain);
    const auto current = joinable ? next : std::exchange(next, {});
    const DrainReport report = co_await drain_once(current->kind, current->connections);
    if (joinable) next.reset();
    current->report.set(report);
    if (next && fault::planted(fault::PlantedBug::lost_wake_up)) co_return;
  }
  draining = false;
}

/// Nobody waits for a drain in the background, but clients wait for the servers that it shares with them: one
/// connection at a time keeps up with all that they send, and is taken as long as it does.
std::size_t Synchronizer::Impl::background_connections() const {
  const std::size_t accepted = accepted_since_drain.load(std::memory_order_relaxed);
  return accepted / kBehind < tools->options.watermark ? 1 : tools->options.connections;
}

asio::awaitable<DrainReport> Synchronizer::Impl::drain_once(PassKind kind, std::size_t connections) {
  accepted_since_drain.store(0, std::memory_order_relaxed);
  backlog.begin_drain();
  DrainReport report;
  for (int attempt = 0; attempt < kDrainAttempts; ++attempt) {
    const std::optional<Error> not_reconciled = co_await reconcile();
    Drain drain(tools, kind, connections);
    const DrainReport part = co_await drain.run();
    report.synced += part.synced;
    report.dead_lettered += part.dead_lettered;
    report.failure = part.failure;
    // Where the store stands in, what it took is safe but has no final numbers before the two agree.
    if (!report.failure && standing_in) report.failure = not_reconciled;
    if (!left_over.empty()) {
      const std::optional<Error> not_rescued = co_await rescue_left_over(&report);
      if (not_rescued) report.failure = not_rescued;
      if (!not_rescued) continue;
    }
    if (!report.failure || report.failure->code != kLineageSuperseded) break;
  }
  co_await measure_backlog(&report);
  note_end_of_drain(report, kind);
  co_return report;
}

asio::awaitable<std::optional<Error>> Synchronizer::Impl::reconcile() {
  std::size_t settled = 0;
  const std::expected<void, ReconcileFailure> done = co_await reconciler.run(&settled);
  metrics.turns_settled.add(settled);
  reconcile_from = tools->clock.steady_now() + kReconcileEvery;
  if (!done) {
    if (done.error().of_cache) {
      metrics.retries_cache.add();
    } else {
      note_store_failure(metrics, done.error().error.kind);
    }
    co_return done.error().error;
  }
  if (trust.trusts(cache.lineage()) && std::exchange(standing_in, false)) {
    log_info("the cache takes turns again; what the store took in its place has its final numbers");
  }
  co_return std::nullopt;
}

asio::awaitable<std::optional<Error>> Synchronizer::Impl::rescue_left_over(DrainReport* report) {
  while (!left_over.empty()) {
    const SharedBatch batch = left_over.back();
    left_over.pop_back();
    const Result<std::size_t> rescued = co_await rescue(tools, batch);
    if (!rescued) {
      left_over.push_back(batch);
      co_return rescued.error();
    }
    trust.revoke();
    standing_in = true;
    report->synced += *rescued;
  }
  co_return std::nullopt;
}

/// What waits for the store, counted anew after a failure; after a success it is what came during the drain.
asio::awaitable<void> Synchronizer::Impl::measure_backlog(DrainReport* report) {
  if (report->failure) {
    const Result<std::size_t> pending = co_await tools->pending.count_pending();
    if (!pending) co_return;
    report->pending = *pending;
    backlog.recount(*pending);
  } else {
    backlog.end_drain();
  }
  const auto oldest = co_await tools->pending.oldest_pending_us();
  if (oldest) backlog.set_oldest(*oldest);
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

bool Synchronizer::Impl::reconcile_is_due(SteadyTime now) const {
  return trust_wanted.load(std::memory_order_relaxed) && now >= reconcile_from;
}

SteadyTime Synchronizer::Impl::next_look() const {
  const SteadyTime drain = schedule.due();
  return trust_wanted.load(std::memory_order_relaxed) ? std::min(drain, reconcile_from) : drain;
}

AsyncResult<AppendOutcome> Synchronizer::Impl::append(DirectTurn turn) {
  // Before anything is stored: whoever learns of the turn must find the cache not trusted.
  trust.revoke();
  trust_wanted.store(true, std::memory_order_relaxed);
  Result<AppendOutcome> outcome = co_await direct.append(std::move(turn));
  if (outcome) {
    metrics.turns_appended.add();
    if (!std::exchange(standing_in, true)) {
      log_warning("the cache cannot take turns; until it can, they are written straight to the store");
      alarm->ring();
    }
  }
  co_return outcome;
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
      co_await impl.next_drain(impl.schedule.kind_at(now), impl.background_connections());
    } else if (impl.reconcile_is_due(now)) {
      impl.trust_wanted.store(false, std::memory_order_relaxed);
      co_await impl.reconcile();
      if (!impl.trust.trusts(impl.cache.lineage())) impl.trust_wanted.store(true, std::memory_order_relaxed);
    } else {
      co_await impl.alarm->wait_until(impl.next_look());
    }
  }
  co_await impl.tasks.join();
}

asio::awaitable<DrainReport> Synchronizer::sync_now() {
  // A sweep, so that the barrier also covers turns that another program has just written.
  return asio::co_spawn(impl_->executor,
                        impl_->next_drain(PassKind::sweep, impl_->tools->options.connections),
                        asio::use_awaitable);
}

AsyncResult<CommitOutcome> Synchronizer::commit(PendingTurn turn, Session session, std::uint64_t lineage) {
  return impl_->direct.commit({std::move(turn), std::move(session), lineage});
}

AsyncResult<AppendOutcome> Synchronizer::append(DirectTurn turn) {
  return asio::co_spawn(impl_->executor, impl_->append(std::move(turn)), asio::use_awaitable);
}

void Synchronizer::note_accepted(std::size_t bytes, std::int64_t now_us) {
  impl_->backlog.add(bytes, now_us);
  const std::size_t accepted = impl_->accepted_since_drain.fetch_add(1, std::memory_order_relaxed) + 1;
  if (accepted != impl_->tools->options.watermark) return;
  asio::post(impl_->executor, [this] { impl_->alarm->ring(); });
}

void Synchronizer::want_trust() {
  if (impl_->trust_wanted.exchange(true, std::memory_order_relaxed)) return;
  asio::post(impl_->executor, [this] { impl_->alarm->ring(); });
}

Backlog& Synchronizer::backlog() { return impl_->backlog; }

CacheTrust& Synchronizer::trust() { return impl_->trust; }

void Synchronizer::stop() {
  asio::post(impl_->executor, [this] {
    impl_->stopping = true;
    impl_->alarm->ring();
  });
}

const SyncMetrics& Synchronizer::metrics() const { return impl_->metrics; }

}  // namespace chatsync::sync
