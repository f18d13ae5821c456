#include "http/metrics_page.hpp"

#include <prometheus/text_serializer.h>

#include <utility>

#include "http/metric_families.hpp"
#include "http/process_metrics.hpp"

namespace chatsync::http {
namespace {

using Families = std::vector<prometheus::MetricFamily>;

double number(const Counter& counter) { return static_cast<double>(counter.value()); }

std::string route_label(std::size_t slot) {
  return slot == kRouteCount ? "unmatched" : std::string(routes()[slot].path);
}

std::string status_label(std::size_t index) {
  return index == kStatuses.size() ? "other" : std::to_string(kStatuses[index]);
}

void add_requests(Families& families, const std::vector<const HttpMetrics*>& workers) {
  auto requests = counter_family("chatsync_http_requests_total", "Requests answered.");
  auto durations = histogram_family("chatsync_http_request_duration_seconds",
                                    "From a request being read to its reply being ready.");
  for (std::size_t slot = 0; slot < HttpMetrics::kSlots; ++slot) {
    std::vector<const DurationHistogram*> parts;
    for (const HttpMetrics* worker : workers) parts.push_back(&worker->durations(slot));
    add_histogram(durations, parts, {{"route", route_label(slot)}});
    for (std::size_t method = 0; method < kMethodCount; ++method) {
      for (std::size_t status = 0; status <= kStatuses.size(); ++status) {
        std::uint64_t count = 0;
        for (const HttpMetrics* worker : workers) {
          count += worker->requests(slot, static_cast<Method>(method), status);
        }
        if (count == 0) continue;
        add_counter(requests, static_cast<double>(count),
                    {{"route", route_label(slot)},
                     {"method", std::string(to_string(static_cast<Method>(method)))},
                     {"status", status_label(status)}});
      }
    }
  }
  families.push_back(std::move(requests));
  families.push_back(std::move(durations));
}

void add_connections(Families& families, const MetricsPage::Sources& sources) {
  double accepted = 0;
  double refused = 0;
  double broken = 0;
  double slow = 0;
  for (const HttpMetrics* worker : sources.workers) {
    accepted += number(worker->connections_accepted);
    refused += number(worker->connections_refused);
    broken += number(worker->broken_replies);
    slow += number(worker->slow_clients);
  }
  families.push_back(counter("chatsync_http_connections_accepted_total", "Connections accepted.", accepted));
  families.push_back(counter("chatsync_http_connections_refused_total",
                             "Connections turned away because too many were open.", refused));
  families.push_back(counter("chatsync_http_broken_replies_total",
                             "Replies broken off because the rest of their body could not be read.", broken));
  families.push_back(counter("chatsync_http_slow_clients_total",
                             "Connections ended because the client sent or read too slowly.", slow));
  if (sources.open_connections != nullptr) {
    families.push_back(gauge("chatsync_http_connections", "Open connections.",
                             static_cast<double>(sources.open_connections->load())));
  }
}

prometheus::MetricFamily duration(std::string name, std::string help, const DurationHistogram& histogram) {
  auto result = histogram_family(std::move(name), std::move(help));
  const DurationHistogram* const parts[] = {&histogram};
  add_histogram(result, parts);
  return result;
}

void add_service(Families& families, const service::ServiceMetrics& metrics) {
  families.push_back(counter("chatsync_turns_accepted_total", "Turns that the cache has accepted.",
                             number(metrics.turns_accepted)));
  families.push_back(counter("chatsync_turns_failed_total", "Turns that were asked for and not accepted.",
                             number(metrics.turns_failed)));
  families.push_back(counter("chatsync_session_loads_total",
                             "Sessions that were not cached and were looked up in the store.",
                             number(metrics.session_loads)));
  families.push_back(duration("chatsync_record_duration_seconds", "Time the cache took to accept a turn.",
                              metrics.record_duration));
}

void add_retries(Families& families, const sync::SyncMetrics& metrics) {
  auto retries =
      counter_family("chatsync_sync_retries_total", "Attempts that failed and are repeated, by cause.");
  add_counter(retries, number(metrics.retries_store_unavailable), {{"cause", "store_unavailable"}});
  add_counter(retries, number(metrics.retries_outcome_unknown), {{"cause", "outcome_unknown"}});
  add_counter(retries, number(metrics.retries_rejected), {{"cause", "rejected"}});
  add_counter(retries, number(metrics.retries_cache), {{"cause", "cache"}});
  families.push_back(std::move(retries));
}

void add_sync(Families& families, const sync::SyncMetrics& metrics) {
  families.push_back(
      counter("chatsync_sync_drains_total", "Drains of the cache into the store.", number(metrics.drains)));
  families.push_back(counter("chatsync_sync_drain_failures_total", "Drains that could not be finished.",
                             number(metrics.failed_drains)));
  add_retries(families, metrics);
  families.push_back(counter("chatsync_sync_turns_total", "Turns committed in the store and acknowledged.",
                             number(metrics.turns_synced)));
  families.push_back(counter("chatsync_sync_dead_letters_total", "Turns put into dead_letters.",
                             number(metrics.turns_dead_lettered)));
  families.push_back(counter("chatsync_turns_appended_total",
                             "Turns that the store took while the cache was away.",
                             number(metrics.turns_appended)));
  families.push_back(counter("chatsync_turns_settled_total",
                             "Turns taken while the cache was away that got their final number since.",
                             number(metrics.turns_settled)));
  families.push_back(
      counter("chatsync_sync_batches_total", "Batches written to the store.", number(metrics.batches)));
  families.push_back(duration("chatsync_sync_batch_duration_seconds", "Time a batch took to be committed.",
                              metrics.batch_duration));
  families.push_back(gauge("chatsync_sync_last_success_timestamp_seconds",
                           "Time of the last drain that moved all it found, since the Unix epoch.",
                           static_cast<double>(metrics.last_success_us.value()) / 1e6));
}

void add_backlog(Families& families, const sync::Backlog& backlog, std::int64_t now_us) {
  families.push_back(gauge("chatsync_backlog_turns", "Turns that wait for the store.",
                           static_cast<double>(backlog.turns())));
  families.push_back(gauge("chatsync_backlog_bytes", "About what these turns take in the cache.",
                           static_cast<double>(backlog.bytes())));
  families.push_back(gauge("chatsync_oldest_unsynced_turn_age_seconds",
                           "Age of the turn that has waited longest for the store; 0 if none waits.",
                           static_cast<double>(backlog.age(now_us).count()) / 1e6));
}

void add_cache(Families& families, const service::CacheState& cache) {
  families.push_back(gauge("chatsync_cache_up", "1 if the cache can take turns.", cache.up ? 1 : 0));
  families.push_back(
      gauge("chatsync_cache_trusted",
            "1 if the cache is known to hold every count that the store holds; until then each "
            "session is compared with the store first.",
            cache.trusted ? 1 : 0));
}

}  // namespace

std::string MetricsPage::render(std::optional<service::CacheState> cache) const {
  Families families;
  auto build = gauge_family("chatsync_build_info", "The version that runs; the value is always 1.");
  add_gauge(build, 1, {{"version", CHATSYNC_VERSION}});
  families.push_back(std::move(build));
  add_requests(families, sources_.workers);
  add_connections(families, sources_);
  if (sources_.service != nullptr) add_service(families, *sources_.service);
  if (sources_.sync != nullptr) add_sync(families, *sources_.sync);
  if (sources_.backlog != nullptr) add_backlog(families, *sources_.backlog, sources_.clock->now_us());
  if (cache) add_cache(families, *cache);
  add_process_metrics(families);
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace chatsync::http
