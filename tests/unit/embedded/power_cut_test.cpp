#include <gtest/gtest.h>

#include "unit/embedded/cache_fixture.hpp"
#include "unit/embedded/power_cut_vfs.hpp"

namespace chatsync::test {
namespace {

/// The first base, so that it outlives the cache.
struct WatchedFiles {
  PowerCutVfs vfs;
  TempDir after;
};

class EmbeddedPowerCut : private WatchedFiles, public EmbeddedCacheTest {
 protected:
  /// The cache as it comes back from what was fsynced until now.
  void cut_power() {
    const auto survivors = after.path() / "cut";
    PowerCutVfs::cut(journal().parent_path(), survivors);
    close();
    open(survivors / "journal.db");
  }
};

TEST_F(EmbeddedPowerCut, KeepsEveryAcknowledgedTurn) {
  record_turns("s", 1, 50);
  cut_power();
  EXPECT_EQ(pending_of("s"), numbers(1, 50));
  EXPECT_EQ(record("s", 51, SessionPresence::unknown).question_count, 51);
}

TEST_F(EmbeddedPowerCut, KeepsTurnsOnEitherSideOfACheckpoint) {
  for (int number = 1; number <= 100; ++number) {
    Turn turn = turn_of("s", number);
    turn.answer.assign(200'000, 'x');
    ok(record_turn(cache(), turn, SessionPresence::known_new));
  }
  cut_power();
  EXPECT_EQ(pending_of("s"), numbers(1, 100));
}

TEST_F(EmbeddedPowerCut, KeepsAnAcknowledgementAndAnErasure) {
  record_turns("synced", 1, 20);
  record_turns("erased", 1, 20);
  sync();
  record_turns("synced", 21, 22);
  ok(cache().erase("erased"));
  cut_power();
  EXPECT_EQ(pending_of("synced"), numbers(21, 22));
  EXPECT_EQ(history_of("synced"), numbers(13, 22));
  EXPECT_EQ(count_of("erased"), -1);
}

}  // namespace
}  // namespace chatsync::test
