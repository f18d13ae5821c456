#include "sql/mysql_errors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chat/turn_store.hpp"

namespace chatsync::sql {
namespace {

using ::testing::HasSubstr;

ErrorKind kind_of(unsigned code) { return classify({code, "message"}); }

TEST(MySqlErrors, OutagesAreUnavailable) {
  for (const unsigned code : {3U,    28U,   1016U, 1021U, 1026U, 1030U, 1040U, 1044U, 1045U, 1047U,
                              1049U, 1054U, 1114U, 1142U, 1146U, 1205U, 1213U, 1290U, 1317U, 1792U,
                              1836U, 1927U, 4031U, 2002U, 2003U, 2006U, 2013U, 2026U, 3024U}) {
    EXPECT_EQ(kind_of(code), ErrorKind::unavailable) << code;
  }
}

TEST(MySqlErrors, WhatIsNotKnownIsAnOutageAndNotABadTurn) {
  EXPECT_EQ(kind_of(1999), ErrorKind::unavailable);
  EXPECT_EQ(kind_of(4999), ErrorKind::unavailable);
}

TEST(MySqlErrors, RefusedDataAreRejected) {
  for (const unsigned code :
       {1048U, 1062U, 1153U, 1264U, 1265U, 1292U, 1300U, 1366U, 1406U, 1452U, 1644U, 3819U, 3988U, 4025U}) {
    EXPECT_EQ(kind_of(code), ErrorKind::rejected) << code;
  }
}

TEST(MySqlErrors, WhatAnEarlierCacheBringsIsAConflict) {
  const SqlError error{.message = "another cache has taken its place", .superseded = true};
  EXPECT_EQ(classify(error), ErrorKind::conflict);
  EXPECT_EQ(to_error(error, "MySQL: writing a batch").code, kLineageSuperseded);
  EXPECT_FALSE(is_connection_lost(error));
}

TEST(MySqlErrors, SayThatADiskIsFull) {
  for (const unsigned code : {3U, 1021U, 1026U, 1114U}) {
    EXPECT_THAT(std::string(advice(code)), HasSubstr("disk")) << code;
  }
}

TEST(MySqlErrors, ALostReplyToACommitLeavesTheOutcomeOpen) {
  EXPECT_EQ(classify({2013, "lost", true}), ErrorKind::outcome_unknown);
}

TEST(MySqlErrors, KnowWhichEndTheConnection) {
  EXPECT_TRUE(is_connection_lost({2006, ""}));
  EXPECT_TRUE(is_connection_lost({2013, ""}));
  EXPECT_TRUE(is_connection_lost({1927, ""}));
  EXPECT_TRUE(is_connection_lost({1053, ""}));
  EXPECT_TRUE(is_connection_lost({4031, ""}));
  EXPECT_FALSE(is_connection_lost({3, ""}));
  EXPECT_FALSE(is_connection_lost({1205, ""}));
  EXPECT_FALSE(is_connection_lost({1213, ""}));
}

TEST(MySqlErrors, KnowWhenOnlyAnotherConnectionCanHelp) {
  for (const unsigned code : {1046U, 1049U, 1290U, 1792U, 1836U}) {
    EXPECT_TRUE(is_connection_stale({code, ""})) << code;
  }
  EXPECT_FALSE(is_connection_stale({1146, ""}));
  EXPECT_FALSE(is_connection_stale({1205, ""}));
}

TEST(MySqlErrors, EndWithWhatToDo) {
  const auto error = to_error({1290, "running with --read-only"}, "MySQL: writing a batch");
  EXPECT_THAT(error.message, HasSubstr("[1290]: the server is read-only: name the primary in MYSQL_HOST"));
}

TEST(MySqlErrors, CarryTheServersNumberAsTheirCode) {
  const auto error = to_error({1406, "Data too long"}, "MySQL: writing a batch");
  EXPECT_EQ(error.code, "mysql_1406");
  EXPECT_THAT(error.message, HasSubstr("MySQL: writing a batch: Data too long [1406]"));
}

}  // namespace
}  // namespace chatsync::sql
