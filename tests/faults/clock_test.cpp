// Steps of the wall clock under a running server: order, numbers and the cadence of drains do not follow
// them.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <chrono>

#include "faults/fault_checks.hpp"

namespace chatsync::test {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kHour = 3'600 * kSecond;

class ClockSteps : public ::testing::Test {
 protected:
  void start(Environment more = {}) {
    more.insert({{"LD_PRELOAD", FAKETIME_LIBRARY},
                 {"FAKETIME_TIMESTAMP_FILE", (world_ / "clock").string()},
                 {"FAKETIME_NO_CACHE", "1"},
                 // Steps of the wall clock leave the other one alone.
                 {"FAKETIME_DONT_FAKE_MONOTONIC", "1"},
                 {"SYNC_INTERVAL", "1"}});
    server_ = world_.start(std::move(more));
    client_.emplace(server_->client());
  }

  /// From here on the server's clock is `seconds` ahead of ours.
  void step_to(std::int64_t seconds) const { write_file(world_ / "clock", fmt::format("{:+}\n", seconds)); }

  void ask_some(int turns) {
    for (int turn = 0; turn < turns; ++turn) {
      calls_.push_back(ask_ok(*client_, "s", fmt::format("question {}", calls_.size())));
    }
  }

  /// The time stamp of the last turn.
  std::int64_t newest() {
    return get_json(*client_, "/sessions/s/messages")
        .at("messages")
        .as_array()
        .back()
        .at("timestamp")
        .as_int64();
  }

  static std::int64_t now_us() {
    using std::chrono::microseconds;
    return std::chrono::duration_cast<microseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  }

  World world_{kRedisAndMySql};
  std::unique_ptr<ChatsyncProcess> server_;
  std::optional<HttpClient> client_;
  std::vector<Call> calls_;
};

TEST_F(ClockSteps, ForwardsAreFollowedInOrder) {
  step_to(0);
  start();
  ask_some(5);
  step_to(3 * 3'600);
  ask_some(5);
  EXPECT_GT(newest(), now_us() + 2 * kHour);
  step_to(30 * 86'400);
  ask_some(5);
  EXPECT_GT(newest(), now_us() + 29 * 24 * kHour);
  expect_synced_without_help(world_, *server_, calls_);
}

TEST_F(ClockSteps, BackwardsLeaveTheOrderAsItIs) {
  step_to(0);
  start();
  ask_some(5);
  const std::int64_t before = newest();
  step_to(-3'600);
  ask_some(5);
  // Each turn follows the last one, until the clock has caught up.
  EXPECT_EQ(newest(), before + 10);
  const Call elsewhere = ask_ok(*client_, {}, "a session that begins now has the clock's time");
  EXPECT_LT(get_json(*client_, fmt::format("/sessions/{}/messages", elsewhere.session_id))
                .at("messages")
                .at(0)
                .at("timestamp")
                .as_int64(),
            now_us() - kHour / 2);
  calls_.push_back(elsewhere);
  expect_synced_without_help(world_, *server_, calls_);
  step_to(0);
  ask_some(5);
  EXPECT_GT(newest(), before + kSecond / 1'000);
  expect_synced_without_help(world_, *server_, calls_);
}

TEST_F(ClockSteps, LeaveTheCadenceOfDrainsAlone) {
  step_to(0);
  start();
  for (const std::int64_t hours : {5, -5, 24 * 365, 0}) {
    step_to(hours * 3'600);
    ask_some(3);
    // An interval is a second; an hour's step would be seen here.
    EXPECT_TRUE(eventually([&] { return turns_in_redis(world_) == 0; }, std::chrono::seconds(10)))
        << "after a step to " << hours << " h";
  }
  expect_as_told(world_, *server_, calls_);
}

TEST_F(ClockSteps, TheEndOfSummerTimeIsNoStepForUtc) {
  // In New York the hour from 01:00 to 02:00 comes twice on that night: at 06:00 UTC the clock goes back.
  constexpr std::int64_t kLocalTwoOClock = 1'793'512'800;
  static_assert(kLocalTwoOClock % 3'600 == 0);
  const std::int64_t offset = kLocalTwoOClock - 2 - now_us() / kSecond;
  step_to(offset);
  start({{"TZ", "America/New_York"}});
  ask_some(1);
  const std::int64_t first = newest();
  EXPECT_LT(first, kLocalTwoOClock * kSecond);
  EXPECT_TRUE(eventually([&] {
    ask_some(1);
    return newest() >= kLocalTwoOClock * kSecond;
  }));
  ask_some(3);
  const boost::json::array messages =
      get_json(*client_, "/sessions/s/messages?limit=200").at("messages").as_array();
  EXPECT_TRUE(messages.back().at("created_at").as_string().starts_with("2026-11-01T06:"));
  EXPECT_LT(newest(), first + 60 * kSecond);
  expect_synced_without_help(world_, *server_, calls_);
}

}  // namespace
}  // namespace chatsync::test
