#include "http/metrics_page.hpp"

#include <gtest/gtest.h>

#include "support/fakes/fake_clock.hpp"

namespace chatsync::http {
namespace {

TEST(MetricsPage, AddsUpTheWorkers) {
  HttpMetrics first;
  HttpMetrics second;
  first.record(0, Method::post, 200, 150);
  second.record(0, Method::post, 200, 400);
  second.record(kRouteCount, Method::other, 404, 1);
  const std::string text = MetricsPage({.workers = {&first, &second}}).render();
  EXPECT_NE(text.find(R"(chatsync_http_requests_total{route="/chat",method="POST",status="200"} 2)"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find(R"(chatsync_http_requests_total{route="unmatched",method="other",status="404"} 1)"),
            std::string::npos);
  EXPECT_NE(text.find(R"(chatsync_http_request_duration_seconds_count{route="/chat"} 2)"), std::string::npos);
  EXPECT_NE(text.find(R"(chatsync_http_request_duration_seconds_bucket{route="/chat",le="0.00025"} 1)"),
            std::string::npos);
  EXPECT_NE(text.find(R"(chatsync_http_request_duration_seconds_bucket{route="/chat",le="+Inf"} 2)"),
            std::string::npos);
}

TEST(MetricsPage, ShowsTheServiceAndTheSynchroniser) {
  service::ServiceMetrics service;
  service.turns_accepted.add(3);
  sync::SyncMetrics sync;
  sync.turns_synced.add(2);
  sync.last_success_us.set(1'500'000);
  const std::string text = MetricsPage({.service = &service, .sync = &sync}).render();
  EXPECT_NE(text.find("chatsync_turns_accepted_total 3\n"), std::string::npos) << text;
  EXPECT_NE(text.find("chatsync_sync_turns_total 2\n"), std::string::npos);
  EXPECT_NE(text.find("chatsync_sync_last_success_timestamp_seconds 1.5\n"), std::string::npos);
}

TEST(MetricsPage, ShowsHowMuchWaitsAndForHowLong) {
  test::FakeClock clock;
  sync::Backlog backlog({});
  backlog.add(1'000, clock.now_us());
  clock.advance(std::chrono::milliseconds(2'500));
  backlog.add(500, clock.now_us());
  const std::string text = MetricsPage({.backlog = &backlog, .clock = &clock}).render();
  EXPECT_NE(text.find("chatsync_backlog_turns 2\n"), std::string::npos) << text;
  EXPECT_NE(text.find("chatsync_backlog_bytes 1500\n"), std::string::npos);
  EXPECT_NE(text.find("chatsync_oldest_unsynced_turn_age_seconds 2.5\n"), std::string::npos);
}

TEST(MetricsPage, ShowsRetriesByTheirCause) {
  sync::SyncMetrics sync;
  sync.retries_store_unavailable.add(2);
  sync.retries_outcome_unknown.add(3);
  sync.retries_rejected.add(4);
  sync.retries_cache.add(5);
  sync.turns_appended.add(6);
  sync.turns_settled.add(7);
  const std::string text = MetricsPage({.sync = &sync}).render();
  for (const char* line : {R"(chatsync_sync_retries_total{cause="store_unavailable"} 2)",
                           R"(chatsync_sync_retries_total{cause="outcome_unknown"} 3)",
                           R"(chatsync_sync_retries_total{cause="rejected"} 4)",
                           R"(chatsync_sync_retries_total{cause="cache"} 5)",
                           "chatsync_turns_appended_total 6", "chatsync_turns_settled_total 7"}) {
    EXPECT_NE(text.find(line + std::string("\n")), std::string::npos) << line;
  }
}

TEST(MetricsPage, ShowsTheStateOfTheCache) {
  const std::string text = MetricsPage({}).render(service::CacheState{.up = true, .trusted = false});
  EXPECT_NE(text.find("chatsync_cache_up 1\n"), std::string::npos);
  EXPECT_NE(text.find("chatsync_cache_trusted 0\n"), std::string::npos);
}

TEST(MetricsPage, ShowsTheProcessAndItsBuild) {
  const std::string text = MetricsPage({}).render();
  for (const char* name : {"chatsync_build_info{version=", "process_cpu_seconds_total ", "process_open_fds ",
                           "process_resident_memory_bytes ", "process_start_time_seconds "}) {
    EXPECT_NE(text.find(name), std::string::npos) << name;
  }
}

TEST(MetricsPage, CountsAStatusThatIsNotInTheListAsOther) {
  HttpMetrics metrics;
  metrics.record(0, Method::post, 418, 1);
  EXPECT_NE(MetricsPage({.workers = {&metrics}}).render().find(R"(status="other"} 1)"), std::string::npos);
}

}  // namespace
}  // namespace chatsync::http
