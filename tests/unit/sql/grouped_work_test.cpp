#include "base/grouped_work.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <future>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/eventually.hpp"

namespace chatsync {
namespace {

/// Works on one group at a time, of three items at most: doubles each. The first group waits to be let go.
class GroupedWorkTest : public ::testing::Test {
 protected:
  /// What becomes of an item is in outcomes_ under its place there.
  void start(int item) {
    const std::size_t place = outcomes_.size();
    outcomes_.emplace_back();
    boost::asio::co_spawn(io_, doubled_.run(item),
                          [this, place](const std::exception_ptr& failure, int value) {
                            outcomes_[place] = failure ? "failed" : std::to_string(value);
                          });
    io_.restart();
    io_.poll();
  }

  void start_first(int item) {
    start(item);
    begun_.get_future().wait();
  }

  void finish() {
    let_go_.set_value();
    test::eventually([this] {
      io_.restart();
      io_.poll();
      return std::ranges::none_of(outcomes_, &std::string::empty);
    });
  }

  std::vector<int> work(std::span<const int> items) {
    groups_.push_back(items.size());
    if (groups_.size() == 1) {
      begun_.set_value();
      let_go_.get_future().wait();
    }
    std::vector<int> values;
    for (const int item : items) {
      if (item < 0) throw std::runtime_error("less than nothing");
      values.push_back(2 * item);
    }
    return values;
  }

  std::vector<std::string> outcomes_;
  std::vector<std::size_t> groups_;  ///< Their sizes. Read it when all have ended.

 private:
  std::promise<void> begun_;
  std::promise<void> let_go_;
  boost::asio::io_context io_;
  GroupedWork<int, int> doubled_{pool_, 1, 3, [this](std::span<const int> items) { return work(items); }};
  BlockingPool pool_{1};
};

using Outcomes = std::vector<std::string>;
using Sizes = std::vector<std::size_t>;

TEST_F(GroupedWorkTest, WhatComesWhileAGroupIsUnderWayIsTheNextGroup) {
  start_first(1);
  for (const int item : {2, 3, 4}) start(item);
  finish();
  EXPECT_EQ(groups_, (Sizes{1, 3}));
  EXPECT_EQ(outcomes_, (Outcomes{"2", "4", "6", "8"}));
}

TEST_F(GroupedWorkTest, AGroupIsNoLargerThanItMayBe) {
  start_first(1);
  for (const int item : {2, 3, 4, 5}) start(item);
  finish();
  EXPECT_EQ(groups_, (Sizes{1, 3, 1}));
  EXPECT_EQ(outcomes_, (Outcomes{"2", "4", "6", "8", "10"}));
}

TEST_F(GroupedWorkTest, WhatTheWorkThrowsComesToEachCallerOfTheGroupAndToNoOther) {
  start_first(1);
  for (const int item : {2, -1, 3, 4}) start(item);
  finish();
  EXPECT_EQ(outcomes_, (Outcomes{"2", "failed", "failed", "failed", "8"}));
}

}  // namespace
}  // namespace chatsync
