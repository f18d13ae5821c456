#include "http/deadlines.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace chatsync::http {
namespace {

using std::chrono::milliseconds;

constexpr DeadlineLists::Allowances kAllowances = {milliseconds(0),  milliseconds(10), milliseconds(100),
                                                   milliseconds(20), milliseconds(30), milliseconds(40),
                                                   milliseconds(50)};

class Deadlines : public testing::Test {
 protected:
  ~Deadlines() override {
    for (DeadlineEntry& entry : entries) lists.remove(entry);
  }

  SteadyTime at(int ms) const { return begin + milliseconds(ms); }

  /// The indices of the entries that expire at `ms`.
  std::vector<int> expired(int ms) {
    std::vector<int> result;
    lists.expire(at(ms),
                 [&](DeadlineEntry& entry, Phase) { result.push_back(static_cast<int>(&entry - entries)); });
    return result;
  }

  SteadyTime begin;
  DeadlineLists lists{kAllowances};
  DeadlineEntry entries[3];

  Deadlines() {
    for (DeadlineEntry& entry : entries) lists.add(entry);
  }
};

TEST_F(Deadlines, ExpireWhenTheirTimeIsOverAndNotBefore) {
  lists.enter(entries[0], Phase::header, at(0));
  EXPECT_EQ(expired(19), std::vector<int>());
  EXPECT_EQ(expired(20), std::vector<int>({0}));
  EXPECT_EQ(expired(1000), std::vector<int>());
}

TEST_F(Deadlines, AreTheirPhasesOwn) {
  lists.enter(entries[0], Phase::write, at(0));
  lists.enter(entries[2], Phase::header, at(1));
  lists.enter(entries[1], Phase::header, at(5));
  EXPECT_EQ(expired(21), std::vector<int>({2}));
  EXPECT_EQ(expired(40), std::vector<int>({1, 0}));
}

TEST_F(Deadlines, BeginAnewWithEachPhase) {
  lists.enter(entries[0], Phase::header, at(0));
  lists.enter(entries[0], Phase::body, at(15));
  EXPECT_EQ(expired(44), std::vector<int>());
  EXPECT_EQ(expired(45), std::vector<int>({0}));
}

TEST_F(Deadlines, DoNotApplyWhileAHandlerRuns) {
  lists.enter(entries[0], Phase::header, at(0));
  lists.enter(entries[0], Phase::busy, at(1));
  EXPECT_EQ(expired(1'000'000), std::vector<int>());
}

TEST_F(Deadlines, LetTheCallbackEnterAnotherPhase) {
  lists.enter(entries[0], Phase::fresh, at(0));
  lists.expire(at(10), [&](DeadlineEntry& entry, Phase phase) {
    EXPECT_EQ(phase, Phase::fresh);
    lists.enter(entry, Phase::idle, at(10));
  });
  EXPECT_EQ(entries[0].phase, Phase::idle);
  EXPECT_EQ(expired(109), std::vector<int>());
  EXPECT_EQ(expired(110), std::vector<int>({0}));
}

}  // namespace
}  // namespace chatsync::http
