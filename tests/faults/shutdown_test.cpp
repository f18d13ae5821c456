// Shutdown while Redis or MariaDB do not answer: it ends in time, says what remains, and the next start syncs
// that.
#include <fmt/format.h>

#include <chrono>

#include "faults/fault_checks.hpp"

namespace chatsync::test {
namespace {

class ShutdownInTrouble : public ::testing::Test {
 protected:
  void start() {
    server_ = world_.start({{"SHUTDOWN_TIMEOUT", "2"}, {"MYSQL_TIMEOUT", "30"}, {"REDIS_TIMEOUT", "30"}});
    RecordedLoad load(gentle_load({server_->port()}, {"a", "b", "c"}));
    await_more(load, 30);
    calls_ = load.finish();
    expect_all_acknowledged(calls_);
  }

  /// Its exit status must be 1, and it must have come in time.
  void expect_end_in_time() {
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(server_->stop(), 1);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  }

  void expect_synced_by_the_next_start() {
    server_->start_again();
    expect_synced_without_help(world_, *server_, calls_);
  }

  World world_{kRedisAndMySql};
  std::unique_ptr<ChatsyncProcess> server_;
  std::vector<Call> calls_;
};

TEST_F(ShutdownInTrouble, WithAHungStoreTellsTheExactRemainder) {
  start();
  world_.mariadb().freeze();
  const std::int64_t waiting = turns_in_redis(world_);
  expect_end_in_time();
  EXPECT_EQ(lines_with(*server_, fmt::format(" {} turns remain unsynced in Redis", waiting)), 1)
      << server_->standard_error();
  world_.mariadb().thaw();
  expect_synced_by_the_next_start();
}

TEST_F(ShutdownInTrouble, WithAHungRedisSaysThatTheRemainderIsUnknown) {
  start();
  world_.redis().freeze();
  expect_end_in_time();
  EXPECT_EQ(lines_with(*server_, "an unknown number of turns remains unsynced in Redis"), 1)
      << server_->standard_error();
  world_.redis().thaw();
  expect_synced_by_the_next_start();
}

TEST_F(ShutdownInTrouble, WithBothGoneEndsInTime) {
  start();
  world_.redis().stop();
  world_.mariadb().kill9();
  expect_end_in_time();
  world_.mariadb().start();
  world_.redis().start();
  expect_synced_by_the_next_start();
}

}  // namespace
}  // namespace chatsync::test
