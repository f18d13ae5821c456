#include "test_cache/checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "test_cache/count_checks.hpp"
#include "test_cache/history_check.hpp"

namespace chatsync::test_cache {

namespace {

void append(std::vector<std::string>& all, std::vector<std::string> more) {
  std::ranges::move(more, std::back_inserter(all));
}

void sum_up_clients(const SessionRun& run, SessionReport& report) {
  std::vector<std::chrono::microseconds> latencies;
  for (const ClientLog& client : run.clients) {
    report.sent += client.sent;
    report.acknowledged += static_cast<std::int64_t>(client.acknowledged.size());
    latencies.insert(latencies.end(), client.latencies.begin(), client.latencies.end());
  }
  report.latency = summarize(std::move(latencies));
  report.count_before = run.before.question_count;
  report.count_expected = report.count_before + report.acknowledged;
  report.count_expected_most =
      report.count_expected + static_cast<std::int64_t>(questions_of_unknown_outcome(run).size());
}

void check_stats(const SessionRun& run, const SessionStats& stats, SessionReport& report) {
  report.count_found = stats.question_count;
  report.pending = stats.pending;
  report.synced = stats.synced;
  if (stats.question_count < report.count_expected || stats.question_count > report.count_expected_most) {
    report.differences.push_back(
        fmt::format("question_count is {}, expected {} ({} before and {} acknowledged)", stats.question_count,
                    report.count_expected, report.count_before, report.acknowledged));
  }
  if (!run.synchronised) {
    return;
  }
  if (stats.pending != 0) {
    report.differences.push_back(
        fmt::format("after the synchronisation {} of its turns pending, expected 0", stats.pending));
  }
  if (stats.synced != stats.question_count) {
    report.differences.push_back(fmt::format("after the synchronisation the store has {} turns of {}",
                                             stats.synced, stats.question_count));
  }
}

}  // namespace

SessionReport check_session(const SessionRun& run) {
  SessionReport report;
  report.session_id = run.session_id;
  sum_up_clients(run, report);
  report.differences = check_replies(run);
  append(report.differences, run.read_errors);
  if (run.after.stats) {
    check_stats(run, *run.after.stats, report);
  }
  if (run.after.history) {
    HistoryVerdict verdict = check_history(run, *run.after.history);
    report.history_expected = verdict.expected;
    report.history_found = verdict.in_place;
    append(report.differences, std::move(verdict.differences));
  }
  return report;
}

std::optional<std::string> check_sync_reply(const SyncReply& reply) {
  constexpr std::string_view kBefore = "Đã đồng bộ thành công ";
  constexpr std::string_view kBehind = " tin nhắn";
  const std::string_view message = reply.message;
  const bool framed = message.size() > kBefore.size() + kBehind.size() && message.starts_with(kBefore) &&
                      message.ends_with(kBehind);
  if (!framed) {
    return fmt::format("the message of /sync_now is not '{}X{}'", kBefore, kBehind);
  }
  const std::string_view number =
      message.substr(kBefore.size(), message.size() - kBefore.size() - kBehind.size());
  if (number.find_first_not_of("0123456789") != std::string_view::npos) {
    return fmt::format("the message of /sync_now counts '{}'", number);
  }
  if (reply.synced && number != fmt::to_string(*reply.synced)) {
    return fmt::format("the message of /sync_now counts {}, its field 'synced' {}", number, *reply.synced);
  }
  return std::nullopt;
}

}  // namespace chatsync::test_cache
