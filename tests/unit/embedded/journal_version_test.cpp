// A journal that an earlier version of the program left.
#include <gtest/gtest.h>

#include "sql/sqlite_database.hpp"
#include "unit/embedded/cache_fixture.hpp"

namespace chatsync::test {
namespace {

class EmbeddedJournalVersion : public EmbeddedCacheTest {
 protected:
  /// Replaces the journal by one with these contents.
  void write_journal(const char* statements) {
    close();
    std::filesystem::remove(journal());
    auto database = sql::SqliteDatabase::open(journal(), {});
    ASSERT_TRUE(database.has_value());
    const Result<void> written = database->execute(statements);
    ASSERT_TRUE(written.has_value()) << written.error().message;
  }
};

constexpr const char* kFirstVersion =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE sessions (id INTEGER PRIMARY KEY, session_id TEXT NOT NULL, user_id TEXT NOT NULL,"
    " title TEXT NOT NULL, question_count INTEGER NOT NULL, created_at INTEGER NOT NULL,"
    " updated_at INTEGER NOT NULL, last_turn_at INTEGER NOT NULL, synced INTEGER NOT NULL) STRICT;"
    "CREATE TABLE turns (id INTEGER PRIMARY KEY, session INTEGER NOT NULL, ts INTEGER NOT NULL, seq INTEGER,"
    " turn_id TEXT NOT NULL, user_id TEXT NOT NULL, status TEXT NOT NULL, model TEXT NOT NULL,"
    " question TEXT NOT NULL, answer TEXT NOT NULL) STRICT;"
    "CREATE TABLE synced (turn INTEGER PRIMARY KEY) STRICT;"
    "PRAGMA user_version = 1;"
    "INSERT INTO sessions VALUES (1, 's', 'ann', '', 0, 5, 5, 0, 1);"
    "INSERT INTO turns VALUES (1, 1, 5, 1, 'a', 'ann', 'complete', 'echo', 'q', 'a'),"
    " (2, 1, 6, 2, 'b', 'ann', 'complete', 'echo', 'q', 'a');"
    "INSERT INTO synced VALUES (1);"
    "COMMIT";

TEST_F(EmbeddedJournalVersion, TheFirstIsReadAndWritten) {
  write_journal(kFirstVersion);
  open(journal());
  EXPECT_EQ(count_of("s"), 2);
  EXPECT_EQ(pending_of("s"), numbers(2, 2));
  SessionSeed seed{.session = session_after("s", 1)};
  seed.unsettled.push_back(turn_of("s", 9));
  const std::vector<SettledTurn> settled = ok(cache().seed(seed));
  ASSERT_EQ(settled.size(), 1U);
  EXPECT_EQ(settled[0].seq, 3);
  restart();
  EXPECT_EQ(ok(cache().seed(seed)), settled);
  EXPECT_EQ(record("s", 10, SessionPresence::unknown).question_count, 4);
}

TEST_F(EmbeddedJournalVersion, WhatWasOnlyNotedAsAcknowledgedIsSyncedAtTheNextStart) {
  record_turns("s", 1, 5);
  close();
  {
    auto database = sql::SqliteDatabase::open(journal(), {});
    ASSERT_TRUE(database.has_value());
    // The turn in row 6 was deleted since.
    ASSERT_TRUE(database->execute("INSERT INTO acknowledged VALUES (1, '[2,6]'), (2, '[4]')"));
  }
  open(journal());
  EXPECT_EQ(pending_of("s"), (std::vector<std::int64_t>{1, 3, 5}));
  record_turns("s", 6, 6);
  EXPECT_EQ(pending_of("s"), (std::vector<std::int64_t>{1, 3, 5, 6}));
  restart();
  EXPECT_EQ(pending_of("s"), (std::vector<std::int64_t>{1, 3, 5, 6}));
  close();
  auto database = sql::SqliteDatabase::open(journal(), {});
  ASSERT_TRUE(database.has_value());
  EXPECT_EQ(database->query_integer("SELECT max(id) FROM turns"), 7) << "row 6 is another turn's";
}

TEST_F(EmbeddedJournalVersion, ALaterOneIsRefused) {
  write_journal("PRAGMA user_version = 5");
  const SystemClock clock;
  const auto opened = embedded::open_embedded_cache(journal(), {}, clock);
  ASSERT_FALSE(opened.has_value());
  EXPECT_NE(opened.error().message.find("run a newer chatsync"), std::string::npos) << opened.error().message;
}

}  // namespace
}  // namespace chatsync::test
