#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "base/one_shot.hpp"
#include "support/fakes/fake_clock.hpp"
#include "support/fakes/memory_turn_cache.hpp"
#include "support/fakes/memory_turn_store.hpp"
#include "support/run_coroutine.hpp"

namespace chatsync::sync {

/// A cache, a store and a clock in memory, and one thread that runs them.
class SyncFixture : public ::testing::Test {
 protected:
  /// Runs everything that can run without time passing.
  void settle() {
    io.restart();
    io.poll();
  }

  void record(const std::string& session_id, int turns) {
    for (int i = 0; i < turns; ++i) {
      const std::string name = session_id + "-" + std::to_string(++recorded);
      const Turn turn{.session_id = session_id,
                      .turn_id = name,
                      .timestamp_us = clock.now_us(),
                      .user_id = "1",
                      .question = "q " + name,
                      .answer = "a " + name};
      const auto outcome = test::run_coroutine(io, cache.record(&turn, SessionPresence::known_new));
      ASSERT_TRUE(outcome);
    }
  }

  std::size_t pending_turns() { return *test::run_coroutine(io, cache.count_pending()); }

  static Error store_down() { return {.kind = ErrorKind::unavailable, .message = "store is down"}; }

  test::FakeClock clock;  // before `io`, which may hold coroutines with alarms to the end
  boost::asio::io_context io{1};
  test::MemoryTurnCache cache;
  test::MemoryTurnStore store;
  int recorded = 0;
};

/// Lets a test hold coroutines at a point and let them go.
class Gate {
 public:
  explicit Gate(boost::asio::io_context& io) : open_(std::make_shared<OneShot<bool>>(io.get_executor())) {}

  std::function<boost::asio::awaitable<void>()> hold() {
    return [open = open_, arrived = arrived_] { return wait(open, arrived); };
  }
  void open() { open_->set(true); }
  int arrived() const { return *arrived_; }

 private:
  static boost::asio::awaitable<void> wait(std::shared_ptr<OneShot<bool>> open,
                                           std::shared_ptr<int> arrived) {
    ++*arrived;
    co_await open->wait();
  }

  std::shared_ptr<OneShot<bool>> open_;
  std::shared_ptr<int> arrived_ = std::make_shared<int>(0);
};

}  // namespace chatsync::sync
