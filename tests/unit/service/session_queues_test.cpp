#include "service/session_queues.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "base/task_group.hpp"
#include "support/fakes/fake_clock.hpp"
#include "support/run_coroutine.hpp"

namespace chatsync::service {
namespace {

using Place = std::unique_ptr<SessionQueues::Place>;

class SessionQueuesTest : public ::testing::Test {
 protected:
  Place enter(const std::string& session_id, std::chrono::seconds patience = std::chrono::seconds(0)) {
    return test::run_coroutine(io, queues.enter(session_id, clock.steady_now() + patience));
  }

  /// Waits for a place, and notes in `log` that it is there, or that it is not to be had.
  void enter_later(std::string name) {
    waiting.spawn("waiting", wait(this, std::move(name), clock.steady_now() + std::chrono::seconds(10)));
    run();
  }

  static boost::asio::awaitable<void> wait(SessionQueuesTest* test, std::string name, SteadyTime deadline) {
    Place place = co_await test->queues.enter("s", deadline);
    test->log.push_back(place ? name : "no " + name);
    if (place) test->places.push_back(std::move(place));
  }

  void run() {
    io.restart();
    io.poll();
  }

  boost::asio::io_context io;
  test::FakeClock clock;
  SessionQueues queues{clock};
  std::vector<Place> places;
  std::vector<std::string> log;
  TaskGroup waiting{io.get_executor()};
};

TEST_F(SessionQueuesTest, HaveOneInFrontOfEachSession) {
  const Place first = enter("s");
  EXPECT_TRUE(first);
  EXPECT_FALSE(enter("s"));
  EXPECT_TRUE(enter("t"));
}

TEST_F(SessionQueuesTest, AreFreeWhenTheLastHasLeft) {
  enter("s").reset();
  EXPECT_TRUE(enter("s"));
}

TEST_F(SessionQueuesTest, ServeInTheOrderOfArrival) {
  Place first = enter("s");
  enter_later("a");
  enter_later("b");
  EXPECT_TRUE(log.empty());
  first.reset();
  EXPECT_FALSE(enter("s")) << "the place is the next one's";
  run();
  EXPECT_EQ(log, std::vector<std::string>{"a"});
  places.clear();
  run();
  EXPECT_EQ(log, (std::vector<std::string>{"a", "b"}));
}

TEST_F(SessionQueuesTest, LetThoseGoWhoseDeadlineIsOver) {
  Place first = enter("s");
  enter_later("a");
  clock.advance(std::chrono::seconds(5));
  enter_later("b");
  clock.advance(std::chrono::seconds(5));
  run();
  EXPECT_EQ(log, std::vector<std::string>{"no a"});
  first.reset();
  run();
  EXPECT_EQ(log, (std::vector<std::string>{"no a", "b"}));
}

}  // namespace
}  // namespace chatsync::service
