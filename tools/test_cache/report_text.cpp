#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "test_cache/report.hpp"
#include "test_cache/table.hpp"
#include "test_cache/terminal.hpp"

namespace chatsync::test_cache {

namespace {

constexpr const char* kUnread = "-";

std::string number_or_dash(std::optional<std::int64_t> number) {
  return number ? fmt::to_string(*number) : kUnread;
}

std::string milliseconds(std::chrono::microseconds duration) {
  const double value = std::chrono::duration<double, std::milli>{duration}.count();
  return value < 100 ? fmt::format("{:.1f}", value) : fmt::format("{:.0f}", value);
}

std::string expected_count(const SessionReport& session) {
  if (session.count_expected_most > session.count_expected) {
    return fmt::format("{}..{}", session.count_expected, session.count_expected_most);
  }
  return fmt::to_string(session.count_expected);
}

std::string history_cell(const SessionReport& session) {
  if (!session.history_found) {
    return kUnread;
  }
  return fmt::format("{}/{}", *session.history_found, session.history_expected);
}

std::string title_of(const SessionReport& session) {
  return session.session_id.empty() ? "(no session)" : one_line(session.session_id);
}

std::string render_sessions(const std::vector<SessionReport>& sessions, bool color) {
  const std::vector<TableColumn> columns{
      {.group = "", .name = "sent"},
      {.group = "", .name = "acknowledged"},
      {.group = "latency, ms", .name = "p50"},
      {.group = "latency, ms", .name = "p95"},
      {.group = "latency, ms", .name = "max"},
      {.group = "question_count", .name = "expected"},
      {.group = "question_count", .name = "found"},
      {.group = "", .name = "history"},
      {.group = "", .name = "pending"},
      {.group = "", .name = "synced"},
  };
  std::vector<TableRow> rows;
  for (const SessionReport& session : sessions) {
    const auto& latency = session.latency;
    rows.push_back({.title = title_of(session),
                    .good = session.differences.empty(),
                    .cells = {fmt::to_string(session.sent), fmt::to_string(session.acknowledged),
                              latency ? milliseconds(latency->p50) : kUnread,
                              latency ? milliseconds(latency->p95) : kUnread,
                              latency ? milliseconds(latency->max) : kUnread, expected_count(session),
                              number_or_dash(session.count_found), history_cell(session),
                              number_or_dash(session.pending), number_or_dash(session.synced)}});
  }
  return render_table(columns, rows, color);
}

std::string render_stats(const SessionStats& stats) {
  std::string text;
  const auto line = [&text](std::string_view name, std::string_view value) {
    text += fmt::format("  {:<18}{}\n", name, one_line(value));
  };
  line("session", stats.session_id);
  line("user", stats.user_id);
  line("question_count",
       fmt::format("{} (cache {}, store {})", stats.question_count,
                   number_or_dash(stats.question_count_cache), number_or_dash(stats.question_count_store)));
  line("pending", fmt::to_string(stats.pending));
  line("synced", fmt::to_string(stats.synced));
  line("history", fmt::to_string(stats.history_length));
  line("last activity", stats.last_activity.value_or(kUnread));
  return text;
}

std::string render_differences(std::string_view subject, const std::vector<std::string>& differences,
                               bool color) {
  constexpr std::size_t kShown = 10;
  std::string text;
  if (!differences.empty()) {
    text += fmt::format("{} {}\n", tinted("✗", Tint::red, color), subject);
  }
  for (std::size_t index = 0; index < std::min(differences.size(), kShown); ++index) {
    text += fmt::format("    {}\n", one_line(differences[index]));
  }
  if (differences.size() > kShown) {
    text += fmt::format("    and {} more\n", differences.size() - kShown);
  }
  return text;
}

std::string render_verdict(const RunReport& report, bool color) {
  std::string text = render_differences(report.url, report.differences, color);
  std::int64_t acknowledged = 0;
  for (const SessionReport& session : report.sessions) {
    acknowledged += session.acknowledged;
    text += render_differences(title_of(session), session.differences, color);
  }
  if (passed(report) && !report.sessions.empty()) {
    const std::size_t count = report.sessions.size();
    text += fmt::format("{} every check held: {} turns in {} session{}\n", tinted("✓", Tint::green, color),
                        acknowledged, count, count == 1 ? "" : "s");
  }
  return text;
}

}  // namespace

std::string render_text(const RunReport& report, bool color) {
  std::string text;
  if (!report.sessions.empty()) {
    text += "\n" + render_sessions(report.sessions, color) + "\n";
  }
  if (report.sync) {
    text += one_line(report.sync->message) + "\n";
    if (report.sync->dead_lettered > 0) {
      text += fmt::format("{} set aside as dead letters\n", report.sync->dead_lettered);
    }
  }
  if (report.stats) {
    text += render_stats(*report.stats);
  }
  return text + render_verdict(report, color);
}

}  // namespace chatsync::test_cache
