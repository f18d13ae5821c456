#include "support/history_story.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chatsync::test {
namespace {

// Questions end in dots that only make their lengths differ.
std::string shortened(const std::string& question) { return question.substr(0, question.find(" Xin")); }

std::string line_of(const Call& call, Call::Clock::time_point begin) {
  const auto at = [begin](Call::Clock::time_point time) {
    return std::chrono::duration<double, std::milli>(time - begin).count();
  };
  const std::string span = fmt::format("{:9.2f} to {:9.2f} ms", at(call.invoked), at(call.returned));
  if (!call.acknowledged() || call.turn_id.empty()) {
    const char* outcome = call.outcome == CallOutcome::failed    ? "refused"
                          : call.outcome == CallOutcome::unknown ? "unknown"
                                                                 : "recorded";
    return fmt::format("  {}  {}: {} ({})\n", span, shortened(call.question), outcome, call.code);
  }
  return fmt::format("  {}  {}: {}{}, {}, {}, {}\n", span, shortened(call.question), call.question_count,
                     call.provisional ? " (provisional)" : "", call.durability, call.created_at,
                     call.turn_id);
}

}  // namespace

std::string story_of(const std::string& session_id, const std::vector<Call>& calls, const Observation& seen) {
  std::vector<const Call*> mine;
  for (const Call& call : calls) {
    if (call.session_id == session_id) mine.push_back(&call);
  }
  std::ranges::sort(mine, {}, &Call::invoked);
  std::string story = fmt::format("Session {}, its clients:\n", session_id);
  for (const Call* call : mine) story += line_of(*call, mine.front()->invoked);
  std::vector<const StoredTurn*> rows;
  for (const StoredTurn& row : seen.turns) {
    if (row.session_id == session_id) rows.push_back(&row);
  }
  std::ranges::sort(rows, {}, &StoredTurn::timestamp_us);
  story += " its rows:\n";
  for (const StoredTurn* row : rows) {
    story += fmt::format("  {}: {}, {}, {}\n", shortened(row->question), row->seq.value_or(0),
                         row->created_at, row->turn_id);
  }
  const auto cached = seen.cache.find(session_id);
  if (cached != seen.cache.end())
    story += fmt::format(" the history of the cache: {}\n", fmt::join(cached->second.history, ", "));
  return story;
}

}  // namespace chatsync::test
