#include "test_cache/history_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "test_cache/checks.hpp"
#include "test_cache/count_checks.hpp"

namespace chatsync::test_cache {

namespace {

/// All turns that the session is known to have, oldest first, as far back as they were read.
std::vector<HistoryTurn> known_turns(const SessionRun& run) {
  std::vector<HistoryTurn> known = run.before.history;
  for (const Acknowledged& turn : in_session_order(run)) {
    known.push_back({.turn_id = turn.reply.turn_id,
                     .seq = std::nullopt,
                     .question = turn.question,
                     .answer = turn.reply.answer});
  }
  return known;
}

/// The turns found without those that may be there or not.
std::vector<HistoryTurn> without_unanswered(const SessionRun& run, const std::vector<HistoryTurn>& known,
                                            std::vector<HistoryTurn> found) {
  const std::vector<std::string> unanswered = questions_of_unknown_outcome(run);
  std::unordered_set<std::string> known_ids;
  for (const HistoryTurn& turn : known) {
    known_ids.insert(turn.turn_id);
  }
  std::erase_if(found, [&](const HistoryTurn& turn) {
    return !known_ids.contains(turn.turn_id) &&
           (std::ranges::find(unanswered, turn.question) != unanswered.end());
  });
  return found;
}

std::optional<std::string> compare(const HistoryTurn& expected, const HistoryTurn& found) {
  if (found.turn_id != expected.turn_id) {
    return fmt::format("is turn {}, expected {}", found.turn_id, expected.turn_id);
  }
  if (found.question != expected.question) {
    return fmt::format("(turn {}) has another question than was sent", found.turn_id);
  }
  if (found.answer != expected.answer) {
    return fmt::format("(turn {}) has another answer than was given", found.turn_id);
  }
  return std::nullopt;
}

void check_order(const std::vector<HistoryTurn>& found, std::vector<std::string>& differences) {
  std::optional<std::int64_t> previous;
  for (const HistoryTurn& turn : found) {
    if (previous && turn.seq && *turn.seq <= *previous) {
      differences.push_back(fmt::format("history: seq {} stands after seq {}", *turn.seq, *previous));
    }
    previous = turn.seq ? turn.seq : previous;
  }
}

}  // namespace

HistoryVerdict check_history(const SessionRun& run, const std::vector<HistoryTurn>& found) {
  const std::vector<HistoryTurn> known = known_turns(run);
  const std::vector<HistoryTurn> shown = without_unanswered(run, known, found);
  // Each turn of unknown outcome that is there takes one of the places.
  const std::size_t places = kHistoryTurns - std::min(kHistoryTurns, found.size() - shown.size());
  const std::size_t expected = std::min(known.size(), places);
  HistoryVerdict verdict{.expected = static_cast<std::int64_t>(expected), .in_place = 0, .differences = {}};
  if (shown.size() != expected) {
    verdict.differences.push_back(
        fmt::format("history: holds {} turns, expected {}", shown.size(), expected));
  }
  for (std::size_t back = 1; back <= std::min(expected, shown.size()); ++back) {
    const auto difference = compare(known[known.size() - back], shown[shown.size() - back]);
    if (difference) {
      verdict.differences.push_back(fmt::format("history: place {} from the end {}", back, *difference));
    } else {
      ++verdict.in_place;
    }
  }
  check_order(found, verdict.differences);
  return verdict;
}

}  // namespace chatsync::test_cache
