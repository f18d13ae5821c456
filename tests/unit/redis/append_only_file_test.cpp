#include "redis/append_only_file.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chatsync::redis {
namespace {

std::string info(const std::string& enabled, const std::string& in_progress, const std::string& scheduled,
                 const std::string& last) {
  return "# Persistence\r\nloading:0\r\naof_enabled:" + enabled +
         "\r\naof_rewrite_in_progress:" + in_progress + "\r\naof_rewrite_scheduled:" + scheduled +
         "\r\naof_last_rewrite_time_sec:" + last + "\r\n";
}

TEST(AppendOnlyFile, MayEndInHalfATransactionUntilItIsRewritten) {
  EXPECT_TRUE(may_end_in_half_a_transaction(info("1", "0", "0", "-1")));
  EXPECT_FALSE(may_end_in_half_a_transaction(info("1", "1", "0", "-1"))) << "a rewrite is under way";
  EXPECT_FALSE(may_end_in_half_a_transaction(info("1", "0", "1", "-1"))) << "a rewrite will begin";
  EXPECT_FALSE(may_end_in_half_a_transaction(info("1", "0", "0", "0"))) << "it was rewritten";
}

TEST(AppendOnlyFile, MayNotIfThereIsNone) {
  EXPECT_FALSE(may_end_in_half_a_transaction(info("0", "0", "0", "-1")));
  EXPECT_FALSE(may_end_in_half_a_transaction("")) << "the user may not read INFO";
}

}  // namespace
}  // namespace chatsync::redis
