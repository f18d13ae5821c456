#include "sync/group_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "unit/sync/sync_fixture.hpp"

namespace chatsync::sync {
namespace {

using Sizes = std::vector<std::size_t>;

/// Work that says how large its groups are and waits at the gate; what comes of an item is the item itself.
class GroupQueueTest : public ::testing::Test {
 protected:
  using Queue = GroupQueue<int, int>;

  void ask(int from, int to) {
    for (int item = from; item <= to; ++item) {
      boost::asio::co_spawn(io_, queue_.add(item),
                            [this, item](const std::exception_ptr& failure, int outcome) {
                              if (failure) {
                                ++failed_;
                                return;
                              }
                              EXPECT_EQ(outcome, item);
                              ++answered_;
                            });
    }
    run();
  }

  void run() {
    io_.restart();
    io_.poll();
  }

  void open() {
    gate_.open();
    run();
  }

  bool proceeds_early_ = false;
  Sizes sizes_;
  int answered_ = 0;
  int failed_ = 0;
  int throws_at_ = 0;  ///< An item that the work cannot do.

 private:
  boost::asio::awaitable<std::vector<int>> work(std::vector<int> items, Queue::Proceed proceed) {
    sizes_.push_back(items.size());
    if (proceeds_early_) proceed();
    co_await gate_.hold()();
    if (std::ranges::count(items, throws_at_) > 0) throw std::runtime_error("not this one");
    co_return items;
  }

  boost::asio::io_context io_{1};
  Gate gate_{io_};
  TaskGroup tasks_{io_.get_executor()};
  Queue queue_{io_.get_executor(), tasks_, "group", 50,
               [this](std::vector<int> items, Queue::Proceed proceed) {
                 return work(std::move(items), std::move(proceed));
               }};
};

TEST_F(GroupQueueTest, WhoComesWhileAGroupIsUnderWayIsInTheNext) {
  ask(1, 1);
  ask(2, 5);
  EXPECT_EQ(sizes_, Sizes{1});
  open();
  EXPECT_EQ(sizes_, (Sizes{1, 4}));
  EXPECT_EQ(answered_, 5);
}

TEST_F(GroupQueueTest, TheNextGroupBeginsAsSoonAsTheWorkAllowsIt) {
  proceeds_early_ = true;
  ask(1, 1);
  ask(2, 2);
  EXPECT_EQ(sizes_, (Sizes{1, 1}));
  EXPECT_EQ(answered_, 0);
  open();
  EXPECT_EQ(answered_, 2);
}

TEST_F(GroupQueueTest, CallersAreHalvedWhereTheyAreMany) {
  ask(1, 64);
  open();
  EXPECT_EQ(sizes_, (Sizes{1, 32, 31})) << "the first to come waits for nobody";
  EXPECT_EQ(answered_, 64);
}

TEST_F(GroupQueueTest, FewCallersAreNotDivided) {
  ask(1, 9);
  open();
  EXPECT_EQ(sizes_, (Sizes{1, 8}));
}

TEST_F(GroupQueueTest, WhatTheWorkThrowsComesToEachCallerOfTheGroupAndToNoOther) {
  throws_at_ = 3;
  ask(1, 1);
  ask(2, 5);
  open();
  EXPECT_EQ(answered_, 1);
  EXPECT_EQ(failed_, 4);
  ask(6, 6);
  EXPECT_EQ(answered_, 2) << "the queue goes on";
}

TEST_F(GroupQueueTest, AGroupIsNoLargerThanItMayBe) {
  ask(1, 200);
  open();
  for (const std::size_t size : sizes_) EXPECT_LE(size, 50U);
  EXPECT_EQ(answered_, 200);
  EXPECT_EQ(failed_, 0);
}

}  // namespace
}  // namespace chatsync::sync
