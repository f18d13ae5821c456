#include "sync/search_indexer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "support/fakes/fake_clock.hpp"

namespace chatsync::sync {
namespace {

using namespace std::chrono_literals;

/// A store of so many turns that are not in the index yet.
class SearchIndexerTest : public ::testing::Test {
 protected:
  void start() {
    boost::asio::co_spawn(io, indexer.run(), [this](const std::exception_ptr&) { ended = true; });
    settle();
  }

  void settle() {
    io.restart();
    io.poll();
  }

  void advance(std::chrono::microseconds by) {
    clock.advance(by);
    settle();
  }

  AsyncResult<std::size_t> index(std::size_t limit) {
    ++looks;
    if (stopped_by_itself) indexer.stop();
    co_await boost::asio::post(io, boost::asio::use_awaitable);
    if (down) co_return fail(ErrorKind::unavailable, "store is down");
    const std::size_t indexed = std::min(limit, left);
    left -= indexed;
    co_return indexed;
  }

  test::FakeClock clock;  // before `io`, which may hold coroutines with alarms to the end
  boost::asio::io_context io{1};
  SearchIndexer indexer{io.get_executor(), [this](std::size_t limit) { return index(limit); }, clock};
  std::size_t left = 0;
  int looks = 0;
  bool down = false;
  bool stopped_by_itself = false;  ///< In the middle of its work.
  bool ended = false;
};

TEST_F(SearchIndexerTest, GoesOnWithoutAPauseUntilNothingIsLeft) {
  left = 10'000;
  start();
  EXPECT_EQ(left, 0U);
}

TEST_F(SearchIndexerTest, LooksEverySecondWhetherThereAreNewTurns) {
  start();
  left = 1;
  advance(999ms);
  EXPECT_EQ(left, 1U);
  advance(1ms);
  EXPECT_EQ(left, 0U);
  left = 1;
  advance(1s);
  EXPECT_EQ(left, 0U);
}

TEST_F(SearchIndexerTest, LeavesAStoreThatFailsAloneForHalfAMinute) {
  left = 1;
  down = true;
  start();
  down = false;
  advance(29s);
  EXPECT_EQ(looks, 1);
  advance(1s);
  EXPECT_EQ(left, 0U);
}

TEST_F(SearchIndexerTest, EndsAtOnceWhenItIsStoppedInAPause) {
  start();
  indexer.stop();
  settle();
  EXPECT_TRUE(ended);
}

TEST_F(SearchIndexerTest, EndsAfterTheTurnsUnderWayWhenItIsStopped) {
  left = 10'000;
  stopped_by_itself = true;
  start();
  EXPECT_TRUE(ended);
  EXPECT_GT(left, 0U) << "it went on to the end";
}

}  // namespace
}  // namespace chatsync::sync
