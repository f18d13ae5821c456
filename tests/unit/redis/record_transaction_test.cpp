#include "redis/record_transaction.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chatsync::redis {
namespace {

using Refused = std::vector<bool>;

class RecordTransactionTest : public ::testing::Test {
 protected:
  /// What is read of the server's answers to a transaction of two turns.
  static Result<Refused> read(const std::string& multi, const std::string& queued, const std::string& exec) {
    ReplyReader reader;
    reader.feed(multi);
    for (std::size_t i = 0; i < RecordTransaction::commands(2) - 2; ++i) reader.feed(queued);
    reader.feed(exec);
    Replies replies;
    while (auto reply = reader.next()) replies.push_back(std::move(*reply));
    EXPECT_EQ(replies.size(), RecordTransaction::commands(2));
    return RecordTransaction::read("redis", replies, 2);
  }

  /// The results of one turn's commands.
  static constexpr const char* kTurn = ":8\r\n:1\r\n:3\r\n";
  static std::string results(const std::string& refused, const std::string& first = kTurn) {
    return "*9\r\n" + refused + "+OK\r\n" + first + kTurn + "$-1\r\n";
  }
};

TEST_F(RecordTransactionTest, RecordsAllWhereNoneIsRefused) {
  EXPECT_EQ(read("+OK\r\n", "+QUEUED\r\n", results("*0\r\n")), (Refused{false, false}));
}

TEST_F(RecordTransactionTest, TellsWhichAreRefused) {
  EXPECT_EQ(read("+OK\r\n", "+QUEUED\r\n", results("*1\r\n:2\r\n")), (Refused{false, true}));
}

TEST_F(RecordTransactionTest, WhatARefusedTurnsCommandsDidDoesNotMatter) {
  EXPECT_EQ(read("+OK\r\n", "+QUEUED\r\n", results("*1\r\n:1\r\n", "-WRONGTYPE\r\n-WRONGTYPE\r\n:3\r\n")),
            (Refused{true, false}));
}

TEST_F(RecordTransactionTest, ADiscardedOneFailsForTheReasonOfTheFirstRefusedCommand) {
  const auto outcome = read("+OK\r\n", "-OOM command not allowed when used memory > 'maxmemory'.\r\n",
                            "-EXECABORT Transaction discarded because of previous errors.\r\n");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, "cache_full");
}

TEST_F(RecordTransactionTest, ADiscardedOneFailsForTheReasonThatExecGives) {
  const auto outcome =
      read("+OK\r\n", "+QUEUED\r\n",
           "-EXECABORT Transaction discarded because of: MISCONF Redis is configured to save\r\n");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, "cache_cannot_save");
}

TEST_F(RecordTransactionTest, NobodyKnowsWhatCommandsDidThatWereNotInATransaction) {
  const auto outcome = read("-NOPERM no multi\r\n", ":1\r\n", "-ERR EXEC without MULTI\r\n");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::outcome_unknown);
}

TEST_F(RecordTransactionTest, NobodyKnowsWhatCommandsDidWhereTheirGuardFailed) {
  const auto outcome = read("+OK\r\n", "+QUEUED\r\n", results("-ERR in the script\r\n"));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::outcome_unknown);
}

TEST_F(RecordTransactionTest, ACommandThatFailsAmongThoseOfARecordedTurnLeavesTheOutcomeUnknown) {
  const auto outcome = read("+OK\r\n", "+QUEUED\r\n", results("*0\r\n", ":8\r\n-WRONGTYPE\r\n:3\r\n"));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::outcome_unknown);
}

}  // namespace
}  // namespace chatsync::redis
