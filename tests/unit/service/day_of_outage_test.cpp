#include <malloc.h>

#include "unit/service/service_fixture.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#include <sanitizer/allocator_interface.h>
#define CHATSYNC_SANITIZED_HEAP
#endif
#endif

namespace chatsync::service {
namespace {

using namespace std::chrono_literals;

std::size_t allocated_bytes() {
#ifdef CHATSYNC_SANITIZED_HEAP
  return __sanitizer_get_current_allocated_bytes();
#else
  return mallinfo2().uordblks;
#endif
}

/// The whole program in memory, its background loop included, with a small limit of pending turns.
class DayOfOutageTest : public sync::SyncFixture {
 protected:
  static constexpr std::size_t kLimit = 2'000;
  static constexpr int kRequestsAMinute = 20;

  DayOfOutageTest() {
    boost::asio::co_spawn(io, synchronizer.run(), [this](const std::exception_ptr&) { ended = true; });
    settle();
  }

  void TearDown() override {
    synchronizer.stop();
    settle();
    EXPECT_TRUE(ended);
  }

  void run_for(std::chrono::minutes time) {
    for (auto minute = 0min; minute < time; ++minute) {
      for (int i = 0; i < kRequestsAMinute; ++i) {
        const auto reply = test::run_coroutine(io, service.chat({.session_id = "s" + std::to_string(i),
                                                                 .message = "a question of some length"}));
        reply ? ++accepted : ++refused;
        if (!reply) EXPECT_EQ(reply.error().code, "backlog_full");
      }
      clock.advance(1min);
      settle();
    }
  }

  test::NoDeadLetters letters;
  answer::EchoAnswerer echo;
  ServiceMetrics metrics;
  sync::Synchronizer synchronizer{
      io.get_executor(), cache, cache, store, clock, {.interval = 300s, .limits = {.turns = kLimit}}};
  ChatService service{cache, store, letters, echo, synchronizer, clock, metrics, IdGenerator(1)};
  bool ended = false;
  std::size_t accepted = 0;
  std::size_t refused = 0;
};

TEST_F(DayOfOutageTest, KeepsMemoryFlatAndEveryAcceptedTurn) {
  run_for(5min);
  store.outage = store_down();
  run_for(3h);
  ASSERT_GT(refused, 0U) << "the limit was not reached";
  EXPECT_LE(pending_turns(), kLimit);
  const std::size_t before = allocated_bytes();
  run_for(24h);
  const std::size_t after = allocated_bytes();
  EXPECT_LE(after, before + 64UL * 1024) << "memory grows while turns are refused";
  EXPECT_LE(pending_turns(), kLimit);

  store.outage.reset();
  run_for(10min);
  EXPECT_EQ(pending_turns() + store.rows.size(), accepted)
      << "an accepted turn is neither pending nor stored";
  EXPECT_GT(store.rows.size(), kLimit) << "the backlog was not synced when the store came back";
}

}  // namespace
}  // namespace chatsync::service
