#include "answer/admission.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <vector>

#include "support/fakes/fake_clock.hpp"

namespace chatsync::answer {
namespace {

using Outcome = std::optional<Result<Admission::Place>>;

boost::asio::awaitable<void> enter_into(Admission* admission, SteadyTime deadline, Outcome* outcome) {
  outcome->emplace(co_await admission->enter(deadline));
}

class AdmissionTest : public ::testing::Test {
 protected:
  /// Asks for a place and lets everything run that can.
  std::unique_ptr<Outcome> enter() {
    auto outcome = std::make_unique<Outcome>();
    const SteadyTime deadline = clock.steady_now() + std::chrono::seconds(10);
    boost::asio::co_spawn(io, enter_into(&admission, deadline, outcome.get()), boost::asio::detached);
    run();
    return outcome;
  }

  void run() {
    io.restart();
    io.poll();
  }

  boost::asio::io_context io;
  test::FakeClock clock;
  Admission admission{io.get_executor(), clock, 2};
};

bool has_place(const std::unique_ptr<Outcome>& outcome) {
  return outcome->has_value() && (**outcome).has_value();
}

TEST_F(AdmissionTest, GivesPlacesBackInTheOrderOfAsking) {
  auto first = enter();
  auto second = enter();
  auto third = enter();
  auto fourth = enter();
  EXPECT_TRUE(has_place(first) && has_place(second));
  EXPECT_FALSE(third->has_value() || fourth->has_value());
  first->reset();
  run();
  EXPECT_TRUE(has_place(third));
  EXPECT_FALSE(fourth->has_value());
  second->reset();
  run();
  EXPECT_TRUE(has_place(fourth));
  third->reset();
  fourth->reset();
  EXPECT_TRUE(has_place(enter()));
}

TEST_F(AdmissionTest, RefusesAtOnceWhenTheQueueIsFull) {
  auto first = enter();
  auto second = enter();
  auto third = enter();
  auto fourth = enter();
  const auto fifth = enter();
  ASSERT_TRUE(fifth->has_value());
  ASSERT_FALSE((**fifth).has_value());
  EXPECT_EQ((**fifth).error().kind, ErrorKind::overloaded);
  EXPECT_EQ((**fifth).error().code, "llm_busy");
  first->reset();
  second->reset();
  run();
}

TEST_F(AdmissionTest, SendsEverybodyAwayWhenClosed) {
  auto first = enter();
  auto second = enter();
  auto third = enter();
  admission.close();
  run();
  for (const auto& outcome : {std::move(third), enter()}) {
    ASSERT_TRUE(outcome->has_value());
    ASSERT_FALSE((**outcome).has_value());
    EXPECT_EQ((**outcome).error().code, "cancelled");
  }
}

TEST_F(AdmissionTest, LetsGoOfWhoHasWaitedToTheDeadline) {
  auto first = enter();
  auto second = enter();
  auto third = enter();
  clock.advance(std::chrono::seconds(11));
  run();
  ASSERT_TRUE(third->has_value());
  ASSERT_FALSE((**third).has_value());
  EXPECT_EQ((**third).error().kind, ErrorKind::model_timeout);
  first->reset();
  run();
  EXPECT_TRUE(has_place(enter()));
}

}  // namespace
}  // namespace chatsync::answer
