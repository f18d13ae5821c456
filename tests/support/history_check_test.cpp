#include "support/history_check.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace chatsync::test {
namespace {

constexpr std::int64_t kTurns = 12;

/// Twelve turns of one session, of which the server told everything and holds everything.
struct Scene {
  std::vector<Call> calls;
  Observation seen;

  Scene() {
    CachedTurns& cached = seen.cache["s"];
    for (std::int64_t number = 1; number <= kTurns; ++number) {
      const std::string question = fmt::format("q{} 🚀", number);
      const StoredTurn row{.session_id = "s",
                           .turn_id = fmt::format("id-{}", number),
                           .question = question,
                           .answer = "Echo: " + question,
                           .created_at = fmt::format("time {}", number),
                           .timestamp_us = 1'000 + number,
                           .seq = number};
      seen.turns.push_back(row);
      calls.push_back({.session_id = "s",
                       .question = question,
                       .outcome = CallOutcome::acknowledged,
                       .invoked = Call::Clock::time_point(std::chrono::seconds(number)),
                       .returned = Call::Clock::time_point(std::chrono::milliseconds(1'000 * number + 500)),
                       .turn_id = row.turn_id,
                       .answer = row.answer,
                       .created_at = row.created_at,
                       .question_count = number});
      if (number > kTurns - 10) cached.history.push_back(row.turn_id);
    }
    cached.count = kTurns;
    seen.question_counts["s"] = kTurns;
    seen.stats["s"] = {
        .question_count = kTurns, .cache = kTurns, .store = kTurns, .synced = kTurns, .history_length = 10};
  }

  Verdict verdict() const { return check_history(calls, seen); }

  /// Takes the newest turn away everywhere but in the calls.
  void forget_newest() {
    seen.turns.pop_back();
    seen.cache["s"].count = seen.question_counts["s"] = kTurns - 1;
    seen.cache["s"].history.pop_back();
    seen.cache["s"].history.insert(seen.cache["s"].history.begin(), "id-2");
    seen.stats["s"] = {.question_count = kTurns - 1, .synced = kTurns - 1};
  }
};

TEST(HistoryCheck, FindsNothingWhereNothingIsWrong) {
  const Verdict verdict = Scene().verdict();
  EXPECT_TRUE(verdict.clean()) << verdict.violations.front();
  EXPECT_EQ(verdict.acknowledged, static_cast<std::size_t>(kTurns));
}

TEST(HistoryCheck, LetsAnUnknownTurnBeThereOrNot) {
  Scene scene;
  scene.calls.back() = {.session_id = "s", .question = scene.calls.back().question};
  EXPECT_TRUE(scene.verdict().clean());
  scene.forget_newest();
  EXPECT_TRUE(scene.verdict().clean());
  EXPECT_EQ(scene.verdict().unknown, 1);
}

TEST(HistoryCheck, DoesNotHoldTheServerToAProvisionalNumber) {
  Scene scene;
  scene.calls.back().provisional = true;
  scene.calls.back().question_count = 3;
  EXPECT_TRUE(scene.verdict().clean());
}

TEST(HistoryCheck, MissesATurnThatIsRecordedButNotSyncedLikeAnyOther) {
  Scene scene;
  Call call{.session_id = "s", .question = scene.calls.back().question};
  read_reply(call, 503, R"({"error":{"code":"recorded_not_synced"}})");
  scene.calls.back() = call;
  EXPECT_TRUE(scene.verdict().clean());
  scene.forget_newest();
  EXPECT_EQ(scene.verdict().lost, 1);
}

struct Violation {
  const char* name;
  std::size_t Verdict::* column;
  std::function<void(Scene&)> plant;
};
void PrintTo(const Violation& violation, std::ostream* out) { *out << violation.name; }

class HistoryCheckSees : public ::testing::TestWithParam<Violation> {};

TEST_P(HistoryCheckSees, AndCountsItInItsColumn) {
  Scene scene;
  GetParam().plant(scene);
  const Verdict verdict = scene.verdict();
  EXPECT_FALSE(verdict.clean());
  EXPECT_GT(verdict.*GetParam().column, 0U);
}

const Violation kViolations[] = {
    {"ALostTurn", &Verdict::lost, [](Scene& s) { s.forget_newest(); }},
    {"ATurnStoredInAnotherSession", &Verdict::lost, [](Scene& s) { s.seen.turns[3].session_id = "t"; }},
    {"AQuestionStoredTwice", &Verdict::doubled,
     [](Scene& s) {
       s.seen.turns.push_back(s.seen.turns[4]);
       s.seen.turns.back().turn_id = "another";
     }},
    {"ATurnIdStoredTwice", &Verdict::doubled, [](Scene& s) { s.seen.turns[4].turn_id = "id-4"; }},
    {"ANumberStoredTwice", &Verdict::doubled, [](Scene& s) { s.seen.turns[4].seq = 4; }},
    {"ATurnIdToldTwice", &Verdict::doubled, [](Scene& s) { s.calls[4].turn_id = "id-4"; }},
    {"AnotherNumberThanTold", &Verdict::misnumbered, [](Scene& s) { s.calls[4].question_count = 6; }},
    {"AGapInTheNumbers", &Verdict::misnumbered, [](Scene& s) { s.seen.turns.back().seq = 13; }},
    {"ATurnWithoutANumber", &Verdict::misnumbered, [](Scene& s) { s.seen.turns[4].seq = std::nullopt; }},
    {"NumbersThatDisagreeWithTheTimes", &Verdict::misnumbered,
     [](Scene& s) { std::swap(s.seen.turns[4].timestamp_us, s.seen.turns[5].timestamp_us); }},
    {"ANumberBelowThatOfAnEarlierReply", &Verdict::misnumbered,
     [](Scene& s) { s.calls[6].invoked = Call::Clock::time_point(std::chrono::hours(1)); }},
    {"AWrongCountInTheStore", &Verdict::misnumbered, [](Scene& s) { s.seen.question_counts["s"] = 11; }},
    {"AWrongCountInTheCache", &Verdict::misnumbered, [](Scene& s) { s.seen.cache["s"].count = 13; }},
    {"NoCountInTheCache", &Verdict::misnumbered, [](Scene& s) { s.seen.cache["s"].count.reset(); }},
    {"ASessionWithoutItsRow", &Verdict::misnumbered, [](Scene& s) { s.seen.question_counts.clear(); }},
    {"AWrongCountInTheStatistics", &Verdict::misnumbered,
     [](Scene& s) { s.seen.stats["s"].question_count = 11; }},
    {"ASessionTheServerDoesNotKnow", &Verdict::misnumbered, [](Scene& s) { s.seen.stats.clear(); }},
    {"ARefusedTurnThatIsThere", &Verdict::other, [](Scene& s) { s.calls[4].outcome = CallOutcome::failed; }},
    {"ATurnNobodyAsked", &Verdict::other, [](Scene& s) { s.calls.erase(s.calls.begin() + 4); }},
    {"ChangedBytesOfAnAnswer", &Verdict::other, [](Scene& s) { s.seen.turns[4].answer.back() = '?'; }},
    {"AnswersThatWereMixedUp", &Verdict::other, [](Scene& s) { s.calls[4].answer = "Echo: other"; }},
    {"AnotherTurnIdThanTold", &Verdict::other, [](Scene& s) { s.calls[4].turn_id = "another"; }},
    {"AnotherTimeThanTold", &Verdict::other, [](Scene& s) { s.calls[4].created_at = "another"; }},
    {"APendingTurnAfterTheDrain", &Verdict::other, [](Scene& s) { s.seen.cache["s"].pending = 1; }},
    {"APendingTurnInTheStatistics", &Verdict::other, [](Scene& s) { s.seen.stats["s"].pending = 1; }},
    {"AStaleHistory", &Verdict::other, [](Scene& s) { s.seen.cache["s"].history.pop_back(); }},
    {"ADeadLetter", &Verdict::other, [](Scene& s) { s.seen.dead_letters["s"] = {"payload"}; }},
    {"AKeyThatIsLeftOver", &Verdict::other, [](Scene& s) { s.seen.leftovers = {"session:s:msg:1"}; }},
};

INSTANTIATE_TEST_SUITE_P(Planted, HistoryCheckSees, ::testing::ValuesIn(kViolations),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace chatsync::test
