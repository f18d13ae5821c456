// What the server says of itself: error replies, INFO, and how often it is asked to come back.
#include <gtest/gtest.h>

#include <algorithm>

#include "redis/backoff.hpp"
#include "redis/check_redis.hpp"
#include "redis/error_reply.hpp"
#include "redis/health.hpp"
#include "redis/info.hpp"
#include "redis/scripts.hpp"

namespace chatsync::redis {
namespace {

ErrorKind kind_of(std::string_view reply) { return error_from_reply("redis", reply).kind; }

TEST(ErrorReply, WhatIsRefusedBeforeItRunsTookNoEffect) {
  for (const char* reply :
       {"LOADING Redis is loading the dataset in memory",
        "READONLY You can't write against a read only replica.", "MASTERDOWN Link with MASTER is down",
        "NOREPLICAS Not enough good replicas to write.", "MISCONF Errors writing to the AOF file",
        "BUSY Redis is busy running a script.", "NOSCRIPT No matching script.",
        "NOAUTH Authentication required.", "WRONGPASS invalid username-password pair",
        "NOPERM this user has no permissions"}) {
    EXPECT_EQ(kind_of(reply), ErrorKind::unavailable) << reply;
  }
}

TEST(ErrorReply, AFullServerIsOverloaded) {
  EXPECT_EQ(kind_of("OOM command not allowed when used memory > 'maxmemory'."), ErrorKind::overloaded);
}

TEST(ErrorReply, AnotherTypeUnderAKeyIsAConflict) {
  EXPECT_EQ(kind_of("WRONGTYPE Operation against a key holding the wrong kind of value"),
            ErrorKind::conflict);
  EXPECT_EQ(kind_of("ERR value is not an integer or out of range"), ErrorKind::conflict);
}

TEST(ErrorReply, SaysWhoWhatAndWhatToDo) {
  EXPECT_EQ(
      error_from_reply("redis at db:6379", "WRONGPASS invalid username-password pair").message,
      "redis at db:6379: check REDIS_USERNAME and REDIS_PASSWORD (WRONGPASS invalid username-password pair)");
}

TEST(ErrorReply, AnUnknownOneIsInternalAndOneLine) {
  const Error error = error_from_reply("redis", "ERR odd\r\nsecond line");
  EXPECT_EQ(error.kind, ErrorKind::internal);
  EXPECT_EQ(error.message, "redis: ERR odd");
}

TEST(Info, FindsAFieldByItsWholeName) {
  constexpr std::string_view kInfo = "# Memory\r\nused_memory:1\r\nmaxmemory_policy:noeviction\r\nlast:x";
  EXPECT_EQ(info_field(kInfo, "maxmemory_policy"), "noeviction");
  EXPECT_EQ(info_field(kInfo, "last"), "x");
  EXPECT_EQ(info_field(kInfo, "memory"), "");
  EXPECT_EQ(info_field(kInfo, "maxmemory"), "");
  EXPECT_EQ(info_field("", "a"), "");
}

TEST(CheckInfo, AcceptsARecentServerThatNeverEvicts) {
  EXPECT_TRUE(check_info("redis", "redis_version:7.0.15\r\n", "maxmemory_policy:noeviction\r\n").has_value());
  EXPECT_TRUE(check_info("redis", "redis_version:6.2.0\r\n", "").has_value());
}

TEST(CheckInfo, NamesTheCommandThatStopsEviction) {
  const auto refused = check_info("redis at db:6379", "redis_version:7.0.15", "maxmemory_policy:allkeys-lru");
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().message.find("`redis-cli config set maxmemory-policy noeviction`"),
            std::string::npos);
  EXPECT_NE(refused.error().message.find("redis at db:6379"), std::string::npos);
}

TEST(CheckInfo, RefusesAnOldServerByItsVersion) {
  for (const char* server : {"redis_version:6.0.16", "redis_version:5.0.14", "redis_version:", ""}) {
    EXPECT_FALSE(check_info("redis", server, "").has_value()) << server;
  }
}

TEST(DurabilityLine, TellsWhatAFailureCosts) {
  EXPECT_TRUE(durability_line("aof_enabled:1", "everysec", "").starts_with("AOF everysec"));
  EXPECT_TRUE(durability_line("aof_enabled:1", "always", "").starts_with("AOF always"));
  EXPECT_TRUE(durability_line("aof_enabled:1", "", "").starts_with("AOF"));
  EXPECT_TRUE(durability_line("aof_enabled:0", "everysec", "3600 1").starts_with("snapshots only"));
  EXPECT_TRUE(durability_line("aof_enabled:0", "everysec", "").starts_with("no persistence"));
  EXPECT_NE(durability_line("aof_enabled:1\r\naof_last_write_status:err", "always", "").find("failed"),
            std::string::npos);
}

TEST(ReconnectDelay, GrowsToABoundAndSpreadsByHalf) {
  for (unsigned failures = 0; failures < 100; ++failures) {
    const auto full = std::min<std::int64_t>(50LL << std::min(failures, 20U), 2'000);
    for (const std::uint32_t random : {0U, 1U, 12'345U, 4'294'967'295U}) {
      const auto delay = reconnect_delay(failures, random).count();
      EXPECT_GE(delay, full / 2);
      EXPECT_LE(delay, full);
    }
  }
}

TEST(Script, IsNamedByTheSha1OfItsText) {
  EXPECT_EQ(Script("return 1").sha1, "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
}

}  // namespace
}  // namespace chatsync::redis
