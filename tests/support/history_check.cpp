// The comparison works on one session at a time: every rule is about a session, and what a call and a row
// have in common is the turn id, or the question where the client never learned the id.
#include "support/history_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "support/history_story.hpp"

namespace chatsync::test {
namespace {

constexpr std::size_t kHistoryTurns = 10;
constexpr std::size_t kMostStories = 3;

struct SessionView {
  std::vector<const Call*> calls;
  std::vector<const StoredTurn*> rows;  // Oldest first.
};

class SessionCheck {
 public:
  SessionCheck(std::string session_id, SessionView view, const Observation& seen, Verdict& verdict)
      : id_(std::move(session_id)), view_(std::move(view)), seen_(seen), verdict_(verdict) {
    std::ranges::sort(view_.rows, {}, &StoredTurn::timestamp_us);
    const auto letters = seen.dead_letters.find(id_);
    if (letters != seen.dead_letters.end()) letters_ = letters->second;
  }

  void run() {
    find_rows_twice();
    match_calls();
    check_numbers();
    check_order_of_replies();
    check_counts();
    check_cache();
  }

 private:
  void report(std::size_t Verdict::* column, const std::string& what) {
    ++(verdict_.*column);
    verdict_.violations.push_back(fmt::format("session {}: {}", id_, what));
  }

  void find_rows_twice() {
    std::set<std::string> ids;
    std::set<std::int64_t> numbers;
    for (const StoredTurn* row : view_.rows) {
      if (!by_question_.emplace(row->question, row).second)
        report(&Verdict::doubled, "stored twice: " + row->question);
      if (!ids.insert(row->turn_id).second)
        report(&Verdict::doubled, "turn id stored twice: " + row->turn_id);
      if (row->seq && !numbers.insert(*row->seq).second)
        report(&Verdict::doubled, fmt::format("number {} is that of two turns", *row->seq));
    }
  }

  void match_calls() {
    std::set<std::string> asked;
    for (const Call* call : view_.calls) {
      asked.insert(call->question);
      const auto found = by_question_.find(call->question);
      const StoredTurn* row = found == by_question_.end() ? nullptr : found->second;
      if (call->outcome == CallOutcome::failed && row != nullptr)
        report(&Verdict::other, fmt::format("refused and stored: {} ({})", call->question, call->error));
      if (!call->acknowledged()) continue;
      if (row != nullptr) {
        compare(*call, *row);
      } else if (!is_dead_letter(*call)) {
        report(&Verdict::lost, fmt::format("lost: {} ({})", call->question, call->turn_id));
      }
    }
    for (const StoredTurn* row : view_.rows) {
      if (!asked.contains(row->question))
        report(&Verdict::other, "stored, and never asked in this session: " + row->question);
      if (row->answer != "Echo: " + row->question)
        report(&Verdict::other, fmt::format("the answer to {} is stored as {}", row->question, row->answer));
    }
    for (const std::string& letter : letters_) report(&Verdict::other, "dead letter: " + letter);
  }

  bool is_dead_letter(const Call& call) const {
    return std::ranges::any_of(letters_, [&](const std::string& payload) {
      return !call.turn_id.empty() && payload.find(call.turn_id) != std::string::npos;
    });
  }

  void compare(const Call& call, const StoredTurn& row) {
    numbers_[&call] = row.seq.value_or(0);
    if (call.turn_id.empty()) return;
    const auto differs = [&](const char* what, const std::string& told, const std::string& stored) {
      if (told == stored) return;
      report(&Verdict::other, fmt::format("{} of {}: told {}, stored {}", what, call.question, told, stored));
    };
    differs("the turn id", call.turn_id, row.turn_id);
    differs("the answer", call.answer, row.answer);
    if (call.provisional) return;
    differs("the time", call.created_at, row.created_at);
    if (row.seq && *row.seq != call.question_count) {
      report(&Verdict::misnumbered,
             fmt::format("{}: told {}, stored {}", call.question, call.question_count, *row.seq));
    }
  }

  void check_numbers() {
    std::int64_t expected = 0;
    // While numbers were provisional, time stamps and numbers came from different sources.
    const bool ordered = std::ranges::none_of(view_.calls, &Call::provisional);
    std::vector<std::int64_t> numbers;
    for (const StoredTurn* row : view_.rows) {
      if (!row->seq) report(&Verdict::misnumbered, "no number: " + row->question);
      numbers.push_back(row->seq.value_or(0));
    }
    if (!ordered) std::ranges::sort(numbers);
    if (!letters_.empty()) return;  // Their numbers are missing here.
    for (const std::int64_t number : numbers) {
      if (number != ++expected) {
        report(&Verdict::misnumbered, fmt::format("{} stands where {} should", number, expected));
        return;
      }
    }
  }

  // From the highest number down: no turn may have been asked after one above it had been acknowledged.
  void check_order_of_replies() {
    std::vector<std::pair<std::int64_t, const Call*>> numbered;
    for (const auto& [call, number] : numbers_) {
      if (!call->provisional && !call->turn_id.empty()) numbered.emplace_back(number, call);
    }
    std::ranges::sort(numbered, std::greater{}, &std::pair<std::int64_t, const Call*>::first);
    const Call* earliest = nullptr;
    for (const auto& [number, call] : numbered) {
      if (earliest != nullptr && call->invoked > earliest->returned) {
        report(&Verdict::misnumbered,
               fmt::format("{} was asked after {} was acknowledged, and has a lower number", call->question,
                           earliest->question));
      }
      if (earliest == nullptr || call->returned < earliest->returned) earliest = call;
    }
  }

  void expect_count(const char* whose, std::optional<std::int64_t> count) {
    const auto accepted = static_cast<std::int64_t>(view_.rows.size() + letters_.size());
    if (count == accepted) return;
    report(&Verdict::misnumbered,
           fmt::format("{} counts {}, but {} rows and {} dead letters are there", whose,
                       count ? std::to_string(*count) : "nothing", view_.rows.size(), letters_.size()));
  }

  void check_counts() {
    const auto stored = seen_.question_counts.find(id_);
    if (stored != seen_.question_counts.end()) {
      expect_count("the store", stored->second);
    } else if (!view_.rows.empty()) {
      expect_count("the store", std::nullopt);
    }
    const auto found = seen_.stats.find(id_);
    if (found == seen_.stats.end()) {
      if (!view_.rows.empty()) expect_count("/stats", std::nullopt);
      return;
    }
    const SessionStats& stats = found->second;
    expect_count("/stats", stats.question_count);
    if (stats.cache) expect_count("/stats of the cache", stats.cache);
    if (stats.store) expect_count("/stats of the store", stats.store);
    if (stats.synced != static_cast<std::int64_t>(view_.rows.size()))
      report(&Verdict::other, fmt::format("/stats says {} synced of {}", stats.synced, view_.rows.size()));
    if (stats.pending != 0) report(&Verdict::other, fmt::format("/stats says {} pending", stats.pending));
  }

  void check_cache() {
    const auto found = seen_.cache.find(id_);
    if (found == seen_.cache.end()) return;  // Evicted: the store is the authority then.
    expect_count("the cache", found->second.count);
    if (found->second.pending != 0)
      report(&Verdict::other, fmt::format("{} pending after the drain", found->second.pending));
    std::vector<const StoredTurn*> newest = view_.rows;
    std::ranges::sort(newest, {}, &StoredTurn::seq);
    const std::size_t skipped = newest.size() - std::min(newest.size(), kHistoryTurns);
    std::vector<std::string> expected;
    for (std::size_t i = skipped; i < newest.size(); ++i) expected.push_back(newest[i]->turn_id);
    if (found->second.history != expected && letters_.empty()) {
      report(&Verdict::other, fmt::format("the history has {} turns that are not the last {}",
                                          found->second.history.size(), expected.size()));
    }
  }

  const std::string id_;
  SessionView view_;
  const Observation& seen_;
  Verdict& verdict_;
  std::vector<std::string> letters_;
  std::unordered_map<std::string, const StoredTurn*> by_question_;
  std::unordered_map<const Call*, std::int64_t> numbers_;
};

}  // namespace

Verdict& Verdict::operator+=(const Verdict& more) {
  for (const auto column : {&Verdict::acknowledged, &Verdict::unknown, &Verdict::failed, &Verdict::lost,
                            &Verdict::doubled, &Verdict::misnumbered, &Verdict::other}) {
    this->*column += more.*column;
  }
  std::ranges::copy(more.violations, std::back_inserter(violations));
  std::ranges::copy(more.stories, std::back_inserter(stories));
  if (stories.size() > kMostStories) stories.resize(kMostStories);
  for (const auto& [code, count] : more.codes) codes[code] += count;
  return *this;
}

Verdict check_history(const std::vector<Call>& calls, const Observation& seen) {
  Verdict verdict;
  std::map<std::string, SessionView> sessions;
  std::map<std::string, std::string> session_of_turn;
  for (const Call& call : calls) {
    ++(call.outcome == CallOutcome::acknowledged ? verdict.acknowledged
       : call.outcome == CallOutcome::unknown    ? verdict.unknown
                                                 : verdict.failed);
    if (!call.code.empty()) ++verdict.codes[call.code];
    sessions[call.session_id].calls.push_back(&call);
    if (call.turn_id.empty()) continue;
    const auto [first, added] = session_of_turn.emplace(call.turn_id, call.question);
    if (added) continue;
    ++verdict.doubled;
    verdict.violations.push_back(
        fmt::format("one turn id for two questions: {} and {}", first->second, call.question));
  }
  for (const StoredTurn& turn : seen.turns) sessions[turn.session_id].rows.push_back(&turn);
  for (auto& [session_id, view] : sessions) {
    const std::size_t before = verdict.violations.size();
    SessionCheck(session_id, std::move(view), seen, verdict).run();
    if (verdict.violations.size() > before && verdict.stories.size() < kMostStories)
      verdict.stories.push_back(story_of(session_id, calls, seen));
  }
  for (const std::string& leftover : seen.leftovers) {
    ++verdict.other;
    verdict.violations.push_back("left over: " + leftover);
  }
  return verdict;
}

}  // namespace chatsync::test
