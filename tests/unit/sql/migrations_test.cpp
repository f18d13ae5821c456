#include "sql/migrations.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace chatsync::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A database that remembers what it was told.
struct FakeDatabase {
  Result<std::int64_t> version = fail(ErrorKind::unavailable, "no such table");
  std::vector<std::string> statements;
  std::string refused;  ///< The statement that fails.

  MigrationDriver driver() {
    return {.execute = [this](const std::string& statement) -> Result<void> {
              if (statement == refused) return fail(ErrorKind::unavailable, "refused");
              statements.push_back(statement);
              if (statement.starts_with("CREATE TABLE IF NOT EXISTS schema_version")) version = 0;
              return {};
            },
            .query_integer = [this](const std::string&) { return version; }};
  }
};

constexpr std::array kTwoSteps{Migration{1, "CREATE TABLE one (x INT);\n"},
                               Migration{2, "CREATE TABLE two (x INT);\nCREATE TABLE three (x INT);\n"}};

TEST(Migrations, RunAllOnAnEmptyDatabaseAndRecordEach) {
  FakeDatabase database;
  ASSERT_TRUE(run_migrations(kTwoSteps, database.driver()));
  EXPECT_THAT(database.statements,
              ElementsAre(HasSubstr("schema_version"), "CREATE TABLE one (x INT)",
                          "INSERT INTO schema_version (version) VALUES (1)", "CREATE TABLE two (x INT)",
                          "CREATE TABLE three (x INT)", "INSERT INTO schema_version (version) VALUES (2)"));
}

TEST(Migrations, RunOnlyWhatIsMissing) {
  FakeDatabase database{.version = 1};
  ASSERT_TRUE(run_migrations(kTwoSteps, database.driver()));
  EXPECT_THAT(database.statements, ElementsAre("CREATE TABLE two (x INT)", "CREATE TABLE three (x INT)",
                                               "INSERT INTO schema_version (version) VALUES (2)"));
}

TEST(Migrations, WriteNothingToASchemaThatIsUpToDate) {
  FakeDatabase database{.version = 2};
  ASSERT_TRUE(run_migrations(kTwoSteps, database.driver()));
  EXPECT_THAT(database.statements, IsEmpty());
}

TEST(Migrations, RefuseASchemaOfANewerProgram) {
  FakeDatabase database{.version = 3};
  const auto done = run_migrations(kTwoSteps, database.driver());
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::internal);
  EXPECT_THAT(done.error().message, HasSubstr("version 3"));
  EXPECT_THAT(database.statements, IsEmpty());
}

TEST(Migrations, DoNotRecordAStepThatFailed) {
  FakeDatabase database{.version = 1, .refused = "CREATE TABLE three (x INT)"};
  EXPECT_FALSE(run_migrations(kTwoSteps, database.driver()));
  EXPECT_THAT(database.statements, ElementsAre("CREATE TABLE two (x INT)"));
}

TEST(Migrations, AreSplitAtSemicolonsThatEndALine) {
  EXPECT_THAT(
      split_statements("-- a comment; with a semicolon\n\nSELECT 1,\n  2; -- two\nSELECT ';x';\nSELECT 4"),
      ElementsAre("SELECT 1,\n  2", "SELECT ';x'", "SELECT 4"));
}

}  // namespace
}  // namespace chatsync::sql
