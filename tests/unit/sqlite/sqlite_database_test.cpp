#include "sql/sqlite_database.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "support/temp_dir.hpp"

namespace chatsync::sql {
namespace {

class SqliteDatabaseTest : public ::testing::Test {
 protected:
  SqliteDatabase open(SqliteOptions options = {}) {
    auto opened = SqliteDatabase::open(file(), options);
    if (!opened) throw std::runtime_error(opened.error().message);
    return std::move(*opened);
  }
  std::filesystem::path file() const { return directory_ / "test.db"; }

  static SqliteStatement prepare(SqliteDatabase& database, std::string_view sql) {
    auto prepared = database.prepare(sql);
    if (!prepared) throw std::runtime_error(prepared.error().message);
    return std::move(*prepared);
  }

 private:
  test::TempDir directory_;
};

TEST_F(SqliteDatabaseTest, WritesAheadAndSyncsEveryCommit) {
  SqliteDatabase database = open();
  SqliteStatement mode = prepare(database, "PRAGMA journal_mode");
  EXPECT_EQ(mode.step(), true);
  EXPECT_EQ(mode.text(0), "wal");
  EXPECT_EQ(database.query_integer("PRAGMA synchronous"), 2);
}

TEST_F(SqliteDatabaseTest, KeepsTextsWithZeroBytesAndNulls) {
  SqliteDatabase database = open();
  ASSERT_TRUE(database.execute("CREATE TABLE t (a TEXT NOT NULL, b INTEGER, c TEXT NOT NULL) STRICT"));
  const std::string zeroes("\0x\0", 3);
  SqliteStatement insert = prepare(database, "INSERT INTO t VALUES (?1, ?2, ?3)");
  insert.bind_all(zeroes, std::optional<std::int64_t>(), std::string_view());
  ASSERT_TRUE(insert.run());
  SqliteStatement select = prepare(database, "SELECT a, b, c FROM t");
  ASSERT_EQ(select.step(), true);
  EXPECT_EQ(select.text(0), zeroes);
  EXPECT_FALSE(select.optional_integer(1).has_value());
  EXPECT_EQ(select.text(2), "");
  EXPECT_EQ(select.step(), false);
}

TEST_F(SqliteDatabaseTest, RejectsWhatBreaksAConstraint) {
  SqliteDatabase database = open();
  ASSERT_TRUE(database.execute("CREATE TABLE t (a INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)"));
  const auto failed = database.execute("INSERT INTO t VALUES (1)");
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().kind, ErrorKind::rejected);
}

TEST_F(SqliteDatabaseTest, TakesAFullDiskForAnOutage) {
  SqliteDatabase database = open();
  ASSERT_TRUE(database.execute("CREATE TABLE t (a TEXT); PRAGMA max_page_count = 4"));
  const auto failed = database.execute("INSERT INTO t VALUES (zeroblob(100000))");
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().kind, ErrorKind::unavailable);
  EXPECT_NE(failed.error().message.find("free space"), std::string::npos) << failed.error().message;
}

TEST_F(SqliteDatabaseTest, TakesALockedFileForAnOutage) {
  SqliteDatabase first = open();
  SqliteDatabase second = open({.busy_timeout = std::chrono::milliseconds(1)});
  ASSERT_TRUE(first.execute("BEGIN IMMEDIATE"));
  const auto failed = second.execute("BEGIN IMMEDIATE");
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().kind, ErrorKind::unavailable);
}

TEST_F(SqliteDatabaseTest, TakesAMissingTableForAnOutage) {
  SqliteDatabase database = open();
  const auto failed = database.prepare("SELECT * FROM missing");
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().kind, ErrorKind::unavailable);
}

TEST_F(SqliteDatabaseTest, NamesADamagedFile) {
  std::ofstream(file()) << std::string(8'192, 'x');
  const auto opened = SqliteDatabase::open(file(), {});
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().kind, ErrorKind::internal);
  EXPECT_NE(opened.error().message.find(file().string()), std::string::npos) << opened.error().message;
}

TEST_F(SqliteDatabaseTest, LetsAReaderWriteNothing) {
  SqliteDatabase writer = open();
  ASSERT_TRUE(writer.execute("CREATE TABLE t (a TEXT)"));
  SqliteDatabase reader = open({.read_only = true});
  EXPECT_FALSE(reader.execute("INSERT INTO t VALUES ('x')").has_value());
}

}  // namespace
}  // namespace chatsync::sql
