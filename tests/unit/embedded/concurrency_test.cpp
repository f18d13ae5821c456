#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <set>
#include <thread>

#include "unit/embedded/cache_fixture.hpp"

namespace chatsync::test {
namespace {

constexpr int kThreads = 3;
constexpr int kWritersPerThread = 8;
constexpr int kTurnsPerWriter = 400 / CHATSYNC_TEST_SCALE_DOWN;

/// Many threads on one cache. The clock must be safe for all of them.
class EmbeddedConcurrency : public EmbeddedCacheTest {
 protected:
  EmbeddedConcurrency() {
    close();
    auto opened = embedded::open_embedded_cache(journal(), {}, system_clock_);
    if (!opened) throw std::runtime_error(opened.error().message);
    shared_ = std::move(*opened);
  }

  /// Each thread runs `make(thread)` for each of its coroutines to their ends.
  template <class Make>
  void run_threads(Make make) {
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&make, thread] {
        boost::asio::io_context io(1);
        for (int writer = 0; writer < kWritersPerThread; ++writer) {
          boost::asio::co_spawn(io, make(thread, writer), [](const std::exception_ptr& failure) {
            if (failure) std::rethrow_exception(failure);
          });
        }
        io.run();
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

  SystemClock system_clock_;
  std::shared_ptr<embedded::EmbeddedTurnCache> shared_;
};

boost::asio::awaitable<void> record_some(embedded::EmbeddedTurnCache& cache, int writer,
                                         std::vector<std::int64_t>& seqs) {
  for (int number = 0; number < kTurnsPerWriter; ++number) {
    Turn turn = turn_of("shared", number);
    turn.turn_id += "-" + std::to_string(writer);
    const auto outcome = co_await cache.record(&turn, SessionPresence::known_new);
    if (!outcome) throw std::runtime_error(outcome.error().message);
    seqs.push_back(outcome->question_count);
    if (number % 16 != 0) continue;
    const auto history = co_await cache.history("shared");
    if (!history || history->empty() || *history->back().seq < outcome->question_count) {
      throw std::runtime_error("a turn is missing from the history that its writer reads");
    }
  }
}

boost::asio::awaitable<void> drain_until(embedded::EmbeddedTurnCache& cache, std::atomic<bool>& ended,
                                         std::multiset<std::int64_t>& synced, std::size_t& removed) {
  for (bool last = false; !last;) {
    last = ended;
    const auto pass = cache.begin_pass(PassKind::indexed);
    for (;;) {
      auto batch = co_await pass->next(100);
      if (!batch) throw std::runtime_error(batch.error().message);
      if (batch->empty()) break;
      for (const PendingTurn& pending : batch->turns) synced.insert(*pending.turn.seq);
      const auto done = co_await cache.acknowledge(std::make_shared<const TurnBatch>(std::move(*batch)));
      if (!done) throw std::runtime_error(done.error().message);
      removed += *done;
    }
  }
}

TEST_F(EmbeddedConcurrency, GivesEachTurnOfASharedSessionItsNumberAndDrainsEachOnce) {
  std::vector<std::vector<std::int64_t>> seqs(kThreads * kWritersPerThread);
  std::atomic<bool> ended = false;
  std::multiset<std::int64_t> synced;
  std::size_t removed = 0;
  std::thread drainer([&] {
    boost::asio::io_context io(1);
    boost::asio::co_spawn(io, drain_until(*shared_, ended, synced, removed),
                          [](const std::exception_ptr& failure) {
                            if (failure) std::rethrow_exception(failure);
                          });
    io.run();
  });
  run_threads([&](int thread, int writer) {
    const int index = thread * kWritersPerThread + writer;
    return record_some(*shared_, index, seqs[static_cast<std::size_t>(index)]);
  });
  ended = true;
  drainer.join();

  const std::int64_t total = std::int64_t{kThreads} * kWritersPerThread * kTurnsPerWriter;
  std::set<std::int64_t> given;
  for (const auto& mine : seqs) {
    EXPECT_TRUE(std::ranges::is_sorted(mine));
    given.insert(mine.begin(), mine.end());
  }
  EXPECT_EQ(given.size(), static_cast<std::size_t>(total));
  EXPECT_EQ(*given.rbegin(), total);
  EXPECT_EQ(std::vector(synced.begin(), synced.end()), numbers(1, total));
  EXPECT_EQ(removed, static_cast<std::size_t>(total));
}

}  // namespace
}  // namespace chatsync::test
