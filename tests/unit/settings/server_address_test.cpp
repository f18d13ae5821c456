#include "base/server_address.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chatsync {
namespace {

std::string complaint_about(std::string_view list) {
  const auto servers = parse_server_list(list, 1);
  return servers ? "accepted" : servers.error();
}

TEST(ServerList, GivesEveryServerItsPort) {
  const auto servers = parse_server_list("a:1, b\t,[::1]:3,[fe80::2]", 26379);
  ASSERT_TRUE(servers) << servers.error();
  EXPECT_THAT(*servers, testing::ElementsAre(ServerAddress{"a", 1}, ServerAddress{"b", 26379},
                                             ServerAddress{"::1", 3}, ServerAddress{"fe80::2", 26379}));
}

TEST(ServerList, NamesTheEntryThatIsWrong) {
  EXPECT_EQ(complaint_about("a,,b"), "an entry is empty");
  EXPECT_EQ(complaint_about("a,"), "an entry is empty");
  EXPECT_EQ(complaint_about("a,:1"), "':1' has no host");
  EXPECT_EQ(complaint_about("::1"), "'::1' needs brackets around its IPv6 address: [::1]:26379");
  EXPECT_EQ(complaint_about("[::1"), "'[::1' has no ]");
  for (const char* bad : {"a:", "a:0", "a:65536", "a:1x", "a: 1", "[::1]1"}) {
    EXPECT_EQ(complaint_about(bad), "'" + std::string(bad) + "' has no port from 1 to 65535 behind its host");
  }
}

TEST(ServerAddress, IsWrittenAsItIsRead) {
  EXPECT_EQ(to_text({"redis.example", 6379}), "redis.example:6379");
  EXPECT_EQ(to_text({"::1", 6379}), "[::1]:6379");
}

}  // namespace
}  // namespace chatsync
