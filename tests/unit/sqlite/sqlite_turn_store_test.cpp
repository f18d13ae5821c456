#include "sql/sqlite_turn_store.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

#include "contract/coroutine_test.hpp"
#include "contract/turns.hpp"
#include "sql/sqlite_database.hpp"
#include "support/temp_dir.hpp"

namespace chatsync::test {
namespace {

class SqliteStoreTest : public CoroutineTest {
 protected:
  SqliteStoreTest() { open(); }

  void open() {
    store_.reset();
    auto opened = sql::open_sqlite_store(file());
    if (!opened) throw std::runtime_error(opened.error().message);
    store_ = std::move(*opened);
  }
  TurnStore& store() { return *store_; }
  std::filesystem::path file() const { return directory_ / "chatsync.db"; }

 private:
  TempDir directory_;
  std::unique_ptr<TurnStore> store_;
};

TEST_F(SqliteStoreTest, LeavesNothingOfABatchThatDoesNotFitOnTheDisk) {
  ok(store().write(batch_of(numbered_turns("s", 1, 2))));
  std::vector<Turn> turns = numbered_turns("s", 3, 6);
  for (Turn& turn : turns) turn.answer.assign(100'000, 'x');

  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit full{.rlim_cur = 256 * 1024, .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &full);
  const auto failed = await(store().write(batch_of(turns)));
  ::setrlimit(RLIMIT_FSIZE, &before);

  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().kind, ErrorKind::unavailable);
  EXPECT_EQ(ok(store().count_turns("s")), 2);
  EXPECT_EQ(ok(store().write(batch_of(turns))).inserted, 4U);
}

TEST_F(SqliteStoreTest, RefusesTablesOfANewerProgram) {
  {
    auto database = sql::SqliteDatabase::open(file(), {});
    ASSERT_TRUE(database.has_value());
    ASSERT_TRUE(database->execute("INSERT INTO schema_version (version) VALUES (999)"));
  }
  const auto opened = sql::open_sqlite_store(file());
  ASSERT_FALSE(opened.has_value());
  EXPECT_NE(opened.error().message.find("999"), std::string::npos) << opened.error().message;
}

TEST_F(SqliteStoreTest, NamesAFolderThatIsMissing) {
  const auto opened = sql::open_sqlite_store("/nonexistent/chatsync.db");
  ASSERT_FALSE(opened.has_value());
  EXPECT_NE(opened.error().message.find("/nonexistent/chatsync.db"), std::string::npos);
}

TEST_F(SqliteStoreTest, QuarantinesAClashOnceHoweverOftenItIsDelivered) {
  ok(store().write(batch_of(numbered_turns("s", 1, 1))));
  Turn other = numbered_turn("s", 1);
  other.turn_id = "other";
  for (int delivery = 0; delivery < 2; ++delivery) {
    EXPECT_EQ(ok(store().write(batch_of({other}))).quarantined, 1U);
  }
  auto database = sql::SqliteDatabase::open(file(), {.read_only = true});
  ASSERT_TRUE(database.has_value());
  EXPECT_EQ(database->query_integer("SELECT count(*) FROM dead_letters WHERE error_code = 'identity_clash'"),
            1);
  EXPECT_EQ(ok(store().turns("s", {.limit = 10, .before_us = {}, .after_us = {}})),
            numbered_turns("s", 1, 1));
}

}  // namespace
}  // namespace chatsync::test
