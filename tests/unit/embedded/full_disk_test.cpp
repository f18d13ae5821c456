#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>

#include "sql/sqlite_database.hpp"
#include "unit/embedded/cache_fixture.hpp"

namespace chatsync::test {
namespace {

/// No file of the process can grow past `bytes` while it exists: writes fail as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

constexpr rlim_t kLimitBytes = 128 * 1024;

using EmbeddedFullDisk = EmbeddedCacheTest;

TEST_F(EmbeddedFullDisk, FailsTheTurnsThatDoNotFitAndLeavesNothingOfThem) {
  record_turns("s", 1, 3);
  {
    const FileSizeLimit full(kLimitBytes);
    Turn large = turn_of("s", 4);
    large.answer.assign(kLimitBytes, 'x');
    const auto failed = await(record_turn(cache(), large, SessionPresence::unknown));
    ASSERT_FALSE(failed.has_value());
    EXPECT_EQ(failed.error().kind, ErrorKind::unavailable);
    EXPECT_EQ(count_of("s"), 3);
    EXPECT_EQ(pending_of("s"), numbers(1, 3));
  }
  EXPECT_EQ(record("s", 5, SessionPresence::unknown).question_count, 4);
  restart();
  EXPECT_EQ(pending_of("s"), numbers(1, 4));
}

TEST_F(EmbeddedFullDisk, FailsAllTurnsOfASessionThatAreOnTheirWayAndNumbersTheNextOneRight) {
  record_turns("s", 1, 3);
  {
    const FileSizeLimit full(kLimitBytes);
    std::vector<AsyncResult<RecordOutcome>> tasks;
    for (int number = 4; number <= 20; ++number) {
      Turn turn = turn_of("s", number);
      turn.answer.assign(kLimitBytes, 'x');
      tasks.push_back(record_turn(cache(), turn, SessionPresence::unknown));
    }
    for (const auto& outcome : all(std::move(tasks))) {
      ASSERT_FALSE(outcome.has_value());
      EXPECT_EQ(outcome.error().kind, ErrorKind::unavailable);
    }
  }
  const RecordOutcome next = record("s", 4, SessionPresence::unknown);
  EXPECT_EQ(next.question_count, 4);
  EXPECT_EQ(next.timestamp_us, turn_of("s", 4).timestamp_us);
  restart();
  EXPECT_EQ(pending_of("s"), numbers(1, 4));
}

TEST_F(EmbeddedFullDisk, FailsANewSessionWhole) {
  {
    const FileSizeLimit full(kLimitBytes);
    Turn large = turn_of("new", 1);
    large.answer.assign(kLimitBytes, 'x');
    EXPECT_FALSE(await(record_turn(cache(), large, SessionPresence::known_new)).has_value());
    EXPECT_EQ(count_of("new"), -1);
    EXPECT_TRUE(ok(cache().unsynced_sessions_of("ann")).empty());
  }
  EXPECT_EQ(record("new", 1).question_count, 1);
}

TEST_F(EmbeddedFullDisk, StillServesReadsAndTheDrain) {
  record_turns("s", 1, 20);
  const FileSizeLimit full(1);
  EXPECT_FALSE(await(record_turn(cache(), turn_of("s", 21), SessionPresence::unknown)).has_value());
  EXPECT_EQ(history_of("s"), numbers(11, 20));
  EXPECT_EQ(claim()->turns.size(), 20U);
}

TEST_F(EmbeddedFullDisk, StartsAndKnowsWhatTheLastProcessOnlyNotedAsSynced) {
  record("s", 1);
  close();
  {
    auto database = sql::SqliteDatabase::open(journal(), {});
    ASSERT_TRUE(database.has_value());
    ASSERT_TRUE(database->execute(
        "BEGIN;"
        "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
        " INSERT INTO turns SELECT i, 1, ts + i, i, 't' || i, user_id, status, model, question, answer, "
        "details"
        " FROM n, turns WHERE id = 1;"
        "INSERT INTO acknowledged SELECT 1, json_group_array(id) FROM turns WHERE id % 2 = 0;"
        "COMMIT"));
  }
  {
    // SQLite's index of the log, which is empty, just fits. Marks of ten thousand turns do not.
    const FileSizeLimit full(32 * 1024);
    open(journal());
    EXPECT_EQ(pending_of("s").size(), 10'000);
    EXPECT_EQ(pending_of("s").at(1), 3);
  }
  record("s", 20'001);
  restart();
  EXPECT_EQ(pending_of("s").size(), 10'001);
}

TEST_F(EmbeddedFullDisk, SaysSoInItsHealthUntilThereIsSpace) {
  record_turns("s", 1, 1);
  EXPECT_TRUE(await(cache().health()).has_value());
  {
    const FileSizeLimit full(1);
    EXPECT_FALSE(await(record_turn(cache(), turn_of("s", 2), SessionPresence::unknown)).has_value());
    const auto health = await(cache().health());
    ASSERT_FALSE(health.has_value());
    EXPECT_EQ(health.error().kind, ErrorKind::unavailable);
  }
  EXPECT_TRUE(await(cache().health()).has_value());
}

}  // namespace
}  // namespace chatsync::test
