#include "embedded/journal_upkeep.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "contract/turns.hpp"
#include "sql/sqlite_database.hpp"
#include "support/temp_dir.hpp"

namespace chatsync::test {
namespace {

using Rows = std::vector<std::int64_t>;

/// A journal with turns in the rows 1 to 1000, none of them synced.
class JournalUpkeep : public ::testing::Test {
 protected:
  static constexpr std::int64_t kTurns = 1'000;

  void SetUp() override {
    auto opened = embedded::JournalWriter::open(file());
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    journal_.emplace(std::move(*opened));
    ASSERT_TRUE(journal_->begin().has_value());
    for (std::int64_t row = 1; row <= kTurns; ++row) {
      ASSERT_TRUE(journal_->insert_turn(1, {row, row, false}, 1, turn_of("s", 1)).has_value());
    }
    ASSERT_TRUE(journal_->commit().has_value());
  }

  /// A transaction that acknowledges `rows`, which are to be marked.
  void acknowledge(const Rows& rows) {
    begin_and_work(false);
    ASSERT_TRUE(upkeep_.note_acknowledged(*journal_, rows).has_value());
    commit();
    for (const std::int64_t row : rows) upkeep_.mark(row);
  }

  void begin_and_work(bool nobody_waits = true) {
    ASSERT_TRUE(journal_->begin().has_value());
    const Result<void> worked = upkeep_.work(*journal_, nobody_waits);
    ASSERT_TRUE(worked.has_value()) << worked.error().message;
  }

  void commit() {
    ASSERT_TRUE(journal_->commit().has_value());
    upkeep_.commit();
  }

  /// Transactions until nothing is left to do.
  int finish() {
    int transactions = 0;
    for (; upkeep_.has_work() && transactions < 100; ++transactions) {
      begin_and_work();
      commit();
    }
    return transactions;
  }

  Rows rows_of(const std::string& query) {
    auto database = sql::SqliteDatabase::open(file(), {.read_only = true});
    auto statement = database->prepare(query);
    Rows rows;
    while (*statement->step()) rows.push_back(statement->integer(0));
    return rows;
  }
  Rows marked() { return rows_of("SELECT turn FROM synced ORDER BY turn"); }
  Rows turns() { return rows_of("SELECT id FROM turns ORDER BY id"); }
  Rows notes() { return rows_of("SELECT id FROM acknowledged ORDER BY id"); }

  std::optional<embedded::JournalWriter> journal_;
  embedded::JournalUpkeep upkeep_;

 private:
  std::filesystem::path file() const { return directory_ / "journal.db"; }

  TempDir directory_;
};

Rows rows(std::int64_t first, std::int64_t last) {
  Rows all(static_cast<std::size_t>(last - first + 1));
  std::iota(all.begin(), all.end(), first);
  return all;
}

TEST_F(JournalUpkeep, MarksWhatWasAcknowledgedAndForgetsTheNotes) {
  acknowledge({7, 3});
  acknowledge({5});
  EXPECT_EQ(notes(), (Rows{1, 2}));
  finish();
  EXPECT_EQ(marked(), (Rows{3, 5, 7}));
  EXPECT_EQ(notes(), Rows{});
  EXPECT_EQ(turns(), rows(1, kTurns));
}

TEST_F(JournalUpkeep, ANoteStaysUntilAllItsRowsAreMarked) {
  acknowledge(rows(1, 600));
  int transactions = 0;
  for (; !notes().empty(); ++transactions) {
    ASSERT_LT(transactions, 10);
    begin_and_work();
    commit();
  }
  EXPECT_GT(transactions, 2) << "600 rows take more than one transaction";
  EXPECT_EQ(marked(), rows(1, 600));
}

TEST_F(JournalUpkeep, WhatComesBehindThePlaceIsDoneInTheNextRoundBeforeItsNoteGoes) {
  acknowledge(rows(300, 900));
  begin_and_work();
  commit();
  acknowledge(rows(1, 290));
  while (upkeep_.has_work()) {
    begin_and_work();
    commit();
    const Rows noted = notes();
    const bool second_is_gone = noted.empty() || noted.back() < 2;
    const Rows done = marked();
    ASSERT_TRUE(!second_is_gone || std::ranges::includes(done, rows(1, 290)));
  }
  EXPECT_EQ(notes(), Rows{});
}

TEST_F(JournalUpkeep, ATurnThatIsToBeDeletedIsNotMarkedAndLeavesNoMark) {
  acknowledge({1, 2, 3});
  upkeep_.remove(2);
  upkeep_.mark(2);
  finish();
  EXPECT_EQ(marked(), (Rows{1, 3}));
  upkeep_.remove(1);
  finish();
  EXPECT_EQ(marked(), Rows{3});
  EXPECT_EQ(turns(), rows(3, kTurns));
}

TEST_F(JournalUpkeep, WhatATransactionDidIsDoneAgainWhenItWasTakenBack) {
  acknowledge({1, 2});
  for (int i = 0; i < 3; ++i) {
    begin_and_work();
    journal_->rollback();
    upkeep_.discard();
  }
  EXPECT_EQ(marked(), Rows{});
  EXPECT_EQ(notes(), Rows{1});
  finish();
  EXPECT_EQ(marked(), (Rows{1, 2}));
  EXPECT_EQ(notes(), Rows{});
}

TEST_F(JournalUpkeep, ATransactionThatIsWaitedForDoesButAShare) {
  for (const std::int64_t row : rows(1, kTurns)) upkeep_.remove(row);
  begin_and_work(false);
  commit();
  EXPECT_EQ(turns(), rows(2, kTurns));
}

}  // namespace
}  // namespace chatsync::test
