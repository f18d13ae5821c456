// A child records, drains and reports through a pipe what it was told is done, until it is killed at a moment
// drawn from the seed. What it reported must be in the journal.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "unit/embedded/cache_fixture.hpp"

namespace chatsync::test {
namespace {

constexpr int kSessions = 5;
constexpr int kWriters = 16;

struct Report {
  std::int64_t session = 0;
  std::int64_t seq = 0;
  std::int64_t timestamp_us = 0;
  bool synced = false;  ///< The acknowledgement of the turn has returned.
};

std::string session_name(std::int64_t session) { return "s" + std::to_string(session); }

void send(int pipe, Report report) {
  // A report is smaller than PIPE_BUF, so it arrives whole or not at all.
  if (::write(pipe, &report, sizeof report) != sizeof report) std::abort();
}

boost::asio::awaitable<void> record_for_ever(embedded::EmbeddedTurnCache& cache, int writer, int pipe) {
  for (int number = 0;; ++number) {
    const std::int64_t session = (writer + number) % kSessions;
    Turn turn = turn_of(session_name(session), number);
    turn.turn_id += "-" + std::to_string(writer);
    const auto outcome = co_await cache.record(&turn, SessionPresence::known_new);
    if (!outcome) std::abort();
    send(pipe, {.session = session, .seq = outcome->question_count, .timestamp_us = outcome->timestamp_us});
  }
}

boost::asio::awaitable<void> drain_for_ever(embedded::EmbeddedTurnCache& cache, int pipe) {
  for (;;) {
    const auto pass = cache.begin_pass(PassKind::indexed);
    for (;;) {
      auto batch = co_await pass->next(50);
      if (!batch) std::abort();
      if (batch->empty()) break;
      const auto shared = std::make_shared<const TurnBatch>(std::move(*batch));
      if (!co_await cache.acknowledge(shared)) std::abort();
      for (const PendingTurn& pending : shared->turns) {
        const std::int64_t session = std::stol(pending.turn.session_id.substr(1));
        send(pipe, {session, *pending.turn.seq, pending.turn.timestamp_us, true});
      }
    }
  }
}

[[noreturn]] void run_child(const std::filesystem::path& journal, bool drains, int pipe) {
  const SystemClock clock;
  auto cache = embedded::open_embedded_cache(journal, {}, clock);
  if (!cache) std::abort();
  boost::asio::io_context io;
  for (int writer = 0; writer < kWriters; ++writer) {
    boost::asio::co_spawn(io, record_for_ever(**cache, writer, pipe), boost::asio::detached);
  }
  if (drains) boost::asio::co_spawn(io, drain_for_ever(**cache, pipe), boost::asio::detached);
  io.run();
  std::abort();
}

/// Kills the child after that many reports and returns all that it sent.
std::vector<Report> reports_until_kill(const std::filesystem::path& journal, bool drains, int reports) {
  int pipe[2];
  if (::pipe(pipe) != 0) std::abort();
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(pipe[0]);
    run_child(journal, drains, pipe[1]);
  }
  ::close(pipe[1]);
  std::vector<Report> received;
  Report report;
  while (::read(pipe[0], &report, sizeof report) == sizeof report) {
    received.push_back(report);
    if (received.size() == static_cast<std::size_t>(reports)) ::kill(child, SIGKILL);
  }
  ::close(pipe[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "the child ended by itself: " << status;
  return received;
}

class EmbeddedCrash : public EmbeddedCacheTest, public ::testing::WithParamInterface<int> {
 protected:
  EmbeddedCrash() { close(); }  // a child has the journal

  /// What was reported must be there; what was not may be.
  void check(const std::map<std::pair<std::int64_t, std::int64_t>, Report>& reported) {
    for (int session = 0; session < kSessions; ++session) {
      const std::string id = session_name(session);
      std::map<std::int64_t, Turn> pending;
      for (const PendingTurn& turn : claim()->turns) {
        if (turn.turn.session_id != id) continue;
        ASSERT_TRUE(pending.emplace(*turn.turn.seq, turn.turn).second) << "two turns have a number";
      }
      std::int64_t highest = pending.empty() ? 0 : pending.rbegin()->first;
      for (const auto& [key, report] : reported) {
        if (report.session != session) continue;
        highest = std::max(highest, report.seq);
        const auto found = pending.find(report.seq);
        if (report.synced) {
          EXPECT_EQ(found, pending.end()) << id << " " << report.seq << " was synced";
        } else if (found != pending.end()) {
          EXPECT_EQ(found->second.timestamp_us, report.timestamp_us);
        } else {
          // A drain's last acknowledgement may have been committed and not yet reported.
          EXPECT_TRUE(drained_) << id << " " << report.seq << " is lost";
        }
      }
      if (highest == 0) continue;
      EXPECT_GE(count_of(id), highest);
      EXPECT_LE(count_of(id), highest + kWriters) << "more than what was on its way";
      expect_rising(pending);
    }
  }

  static void expect_rising(const std::map<std::int64_t, Turn>& by_seq) {
    std::int64_t last_us = 0;
    for (const auto& [seq, turn] : by_seq) {
      EXPECT_GT(turn.timestamp_us, last_us) << "time stamps must rise with numbers";
      last_us = turn.timestamp_us;
    }
  }

  void crash_and_check(bool drains, int rounds) {
    drained_ = drains;
    std::mt19937 random(static_cast<unsigned>(GetParam()));
    std::map<std::pair<std::int64_t, std::int64_t>, Report> reported;
    for (int round = 0; round < rounds; ++round) {
      const int reports = std::uniform_int_distribution(1, 1'500 / CHATSYNC_TEST_SCALE_DOWN)(random);
      for (const Report& report : reports_until_kill(journal(), drains, reports)) {
        const auto [place, added] = reported.try_emplace({report.session, report.seq}, report);
        EXPECT_EQ(place->second.timestamp_us, report.timestamp_us) << "a number was given twice";
        EXPECT_TRUE(added || report.synced || place->second.synced) << "a number was given twice";
        place->second.synced |= report.synced;
      }
      open(journal());
      check(reported);
      close();
    }
  }

 private:
  bool drained_ = false;
};

TEST_P(EmbeddedCrash, LosesNoAcknowledgedTurnAndGivesNoNumberTwice) { crash_and_check(false, 4); }

TEST_P(EmbeddedCrash, KeepsCountsRightWhileTurnsAreSyncedAway) { crash_and_check(true, 4); }

INSTANTIATE_TEST_SUITE_P(Seeds, EmbeddedCrash, ::testing::Range(1, 4));

}  // namespace
}  // namespace chatsync::test
