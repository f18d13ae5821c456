#include "redis/lineage.hpp"

#include <gtest/gtest.h>

namespace chatsync::redis {
namespace {

TEST(Lineage, TellsProcessesAndHistoriesOfWritesApart) {
  const std::uint64_t one = lineage_of("redis_version:7.0.15\r\nrun_id:abc\r\n", "master_replid:123\r\n");
  EXPECT_EQ(lineage_of("run_id:abc\r\n", "role:master\r\nmaster_replid:123\r\n"), one);
  EXPECT_NE(lineage_of("run_id:abd\r\n", "master_replid:123\r\n"), one);
  EXPECT_NE(lineage_of("run_id:abc\r\n", "master_replid:124\r\n"), one);
  EXPECT_NE(lineage_of("run_id:abc1\r\n", "master_replid:23\r\n"), one);
}

TEST(Lineage, IsTheSameInEveryBuild) {
  EXPECT_EQ(lineage_of("run_id:abc\r\n", "master_replid:123\r\n"), 2'161'570'635'481'948'532U);
}

TEST(Lineage, OfAServerThatHidesItselfIsOneFixedValueAndNotNone) {
  EXPECT_NE(lineage_of("", ""), 0U);
  EXPECT_EQ(lineage_of("", ""), lineage_of("redis_version:7.0.15\r\n", "role:master\r\n"));
}

}  // namespace
}  // namespace chatsync::redis
