#include "test_cache/run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "test_cache/api_client.hpp"
#include "test_cache/sender.hpp"
#include "test_cache/terminal.hpp"

namespace chatsync::test_cache {

namespace {

using Outcome = std::expected<RunReport, std::string>;

ProgressBoard make_board(const Options& options) {
  const bool interactive = inspect_terminal(STDERR_FILENO).interactive;
  const auto otherwise = options.json ? ProgressBoard::Style::silent : ProgressBoard::Style::lines;
  const auto style = interactive ? ProgressBoard::Style::bars : otherwise;
  const auto naming = options.session ? ProgressBoard::Naming::fixed : ProgressBoard::Naming::by_session;
  std::vector<ProgressRow> rows;
  for (std::int64_t client = 1; client <= options.parallel; ++client) {
    const bool alone = options.session && options.parallel == 1;
    rows.push_back({.label = alone ? *options.session
                                   : fmt::format("{} {}", options.session ? "client" : "session", client),
                    .total = options.messages});
  }
  return ProgressBoard{style, naming, std::move(rows)};
}

std::expected<SessionBefore, std::string> read_before(const Options& options, ApiClient& api) {
  if (!options.session) {
    return SessionBefore{};
  }
  const auto stats = api.stats(*options.session);
  if (!stats) {
    return std::unexpected(stats.error().text);
  }
  auto history = api.messages(*options.session, kHistoryTurns);
  if (!history) {
    return std::unexpected(std::move(history).error().text);
  }
  return SessionBefore{.question_count = *stats ? (*stats)->question_count : 0,
                       .history = std::move(*history)};
}

/// The logs by session: all in the session given, or each client in one of its own.
std::vector<SessionRun> group(const Options& options, SessionBefore before, std::vector<ClientLog> logs) {
  if (options.session) {
    return {
        SessionRun{.session_id = *options.session, .before = std::move(before), .clients = std::move(logs)}};
  }
  std::vector<SessionRun> runs;
  for (ClientLog& log : logs) {
    SessionRun& run = runs.emplace_back();
    run.session_id = log.acknowledged.empty() ? "" : log.acknowledged.front().reply.session_id;
    run.clients.push_back(std::move(log));
  }
  return runs;
}

void read_after(ApiClient& api, SessionRun& run) {
  if (run.session_id.empty()) {
    return;
  }
  auto stats = api.stats(run.session_id);
  if (!stats) {
    run.read_errors.push_back(fmt::format("cannot read the statistics: {}", stats.error().text));
  } else if (!*stats) {
    run.read_errors.emplace_back("cannot read the statistics: the session is unknown");
  } else {
    run.after.stats = std::move(*stats);
  }
  auto history = api.messages(run.session_id, kHistoryTurns);
  if (history) {
    run.after.history = std::move(*history);
  } else {
    run.read_errors.push_back(fmt::format("cannot read the messages: {}", history.error().text));
  }
}

void synchronise(ApiClient& api, RunReport& report) {
  auto reply = api.sync_now();
  if (!reply) {
    report.differences.push_back(fmt::format("/sync_now failed: {}", reply.error().text));
    return;
  }
  if (auto difference = check_sync_reply(*reply)) {
    report.differences.push_back(std::move(*difference));
  }
  report.sync = std::move(*reply);
}

Outcome send_and_check(const Options& options, ApiClient& api, RunReport report) {
  auto before = read_before(options, api);
  if (!before) {
    report.differences.push_back(fmt::format("cannot read the session before the run: {}", before.error()));
    return report;
  }
  ProgressBoard board = make_board(options);
  auto runs = group(options, std::move(*before), send_in_parallel(options, board));
  if (options.sync) {
    synchronise(api, report);
  }
  for (SessionRun& session : runs) {
    session.synchronised = report.sync.has_value();
    read_after(api, session);
    report.sessions.push_back(check_session(session));
  }
  return report;
}

Outcome show_stats(const Options& options, ApiClient& api, RunReport report) {
  if (options.sync) {
    synchronise(api, report);
  }
  auto stats = api.stats(options.stats_session);
  if (!stats) {
    report.differences.push_back(fmt::format("cannot read the statistics: {}", stats.error().text));
  } else if (!*stats) {
    return std::unexpected(fmt::format("session '{}' is unknown to {}", options.stats_session, options.url));
  } else {
    report.stats = std::move(*stats);
  }
  return report;
}

}  // namespace

bool passed(const RunReport& report) {
  return report.differences.empty() && std::ranges::all_of(report.sessions, [](const SessionReport& session) {
           return session.differences.empty();
         });
}

Outcome run(const Options& options) {
  ApiClient api{options.url, options.key};
  if (const auto there = api.ping(); !there) {
    if (there.error().kind == ApiError::Kind::status) {
      return std::unexpected(
          fmt::format("{} is no chatsync server: GET /healthz answers {}", options.url, there.error().text));
    }
    return std::unexpected(fmt::format("no server at {}: {}", options.url, there.error().text));
  }
  RunReport report{.url = options.url};
  switch (options.action) {
    case Action::send:
      return send_and_check(options, api, std::move(report));
    case Action::stats:
      return show_stats(options, api, std::move(report));
    case Action::sync_only:
      synchronise(api, report);
      break;
  }
  return report;
}

}  // namespace chatsync::test_cache
