// The budget of a shutdown: requests in flight may take the first half of it before their connections are
// cut and the model servers waited for no more; the last drain gets what is left but for a reserve, in which
// the remainder is counted and reported if the drain failed or hangs. Whatever hangs, the end comes on time.
#include "app/shutdown.hpp"

#include <algorithm>
#include <future>
#include <utility>

#include "base/log.hpp"

namespace chatsync::app {
namespace {

using SteadyClock = std::chrono::steady_clock;

template <class T>
bool ready_by(const std::future<T>& future, SteadyTime deadline) {
  return future.wait_until(deadline) == std::future_status::ready;
}

std::optional<std::size_t> count_pending(const ShutdownParts& parts, SteadyTime deadline) {
  std::future<Result<std::size_t>> counted = parts.sync_thread.spawn(parts.pending.count_pending());
  if (!ready_by(counted, deadline)) return std::nullopt;
  const Result<std::size_t> count = counted.get();
  return count ? std::optional(*count) : std::nullopt;
}

void report_remainder(const ShutdownParts& parts, std::optional<std::size_t> pending,
                      const std::string& cause) {
  const std::string how_many =
      pending ? fmt::format("{} turns remain", *pending) : "an unknown number of turns remains";
  log_error("{} unsynced in {}, where the next start finds and syncs them: {}", how_many, parts.cache_place,
            cause);
}

/// Streamed answers go on when their clients have gone, so connections are not all there is to wait for.
boost::asio::awaitable<void> answers_ended(http::HttpServer& server,
                                           boost::asio::awaitable<void> streams_ended) {
  co_await server.stop();
  co_await std::move(streams_ended);
}

}  // namespace

ShutdownOutcome shut_down(ShutdownParts parts, std::chrono::milliseconds timeout) {
  const SteadyTime begin = SteadyClock::now();
  const SteadyTime deadline = begin + timeout;
  const SteadyTime report_from =
      deadline - std::min<SteadyClock::duration>(timeout / 5, std::chrono::seconds(2));

  std::future<void> answered =
      parts.control.spawn(answers_ended(parts.server, std::move(parts.streams_ended)));
  if (!ready_by(answered, begin + timeout / 2)) {
    log_warning("cutting {} connections that do not end", parts.server.open_connections());
    parts.server.force_close();
    parts.answerers.stop();
  }
  bool hung = !ready_by(answered, report_from);

  parts.synchronizer.stop();
  std::future<sync::DrainReport> drained = parts.sync_thread.spawn(parts.synchronizer.sync_now());
  if (!ready_by(drained, report_from)) {
    report_remainder(parts, count_pending(parts, deadline),
                     "SHUTDOWN_TIMEOUT is over while the last sync still runs");
    return {};
  }
  const sync::DrainReport report = drained.get();
  if (hung) hung = !ready_by(answered, deadline);
  if (report.failure) {
    const auto pending = report.pending ? report.pending : count_pending(parts, deadline);
    report_remainder(parts, pending, report.failure->message);
    return {.ended_in_time = !hung};
  }
  log_info("stopped; the last sync moved {} turns", report.synced);
  return {.ended_in_time = !hung, .all_synced = true};
}

}  // namespace chatsync::app
