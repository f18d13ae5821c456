// What the doctor makes of what a Redis says of itself.
#include "redis/doctor.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chatsync::redis {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A server at which there is nothing to find.
struct Redis {
  std::map<std::string, std::string> info{{"redis_version", "7.0.15"},
                                          {"maxmemory_policy", "noeviction"},
                                          {"maxmemory", "104857600"},
                                          {"used_memory", "1048576"},
                                          {"total_system_memory", "1073741824"},
                                          {"aof_enabled", "1"},
                                          {"aof_last_write_status", "ok"},
                                          {"aof_last_bgrewrite_status", "ok"},
                                          {"rdb_last_bgsave_status", "ok"},
                                          {"connected_slaves", "0"}};
  std::map<std::string, std::string, std::less<>> config{
      {"appendfsync", "always"},           {"save", ""},
      {"no-appendfsync-on-rewrite", "no"}, {"min-replicas-to-write", "0"},
      {"min-replicas-max-lag", "10"},      {"dir", "/var/lib/redis"}};
  bool config_refused = false;
  std::string name = "redis at db:6379";
  Settings::Redis settings{.host = "db"};

  Diagnosis judged() const {
    RedisFacts facts{.name = name, .config = config, .config_refused = config_refused};
    for (const auto& [field, value] : info) facts.info += fmt::format("{}:{}\r\n", field, value);
    return judge_redis(facts, settings);
  }
  /// The one finding there is.
  Finding finding() const {
    const Diagnosis diagnosis = judged();
    EXPECT_EQ(diagnosis.findings.size(), 1U);
    return diagnosis.findings.empty() ? Finding{} : diagnosis.findings.front();
  }
};

TEST(RedisDoctor, FindsNothingAtAServerThatKeepsThePromises) {
  const Diagnosis diagnosis = Redis{}.judged();
  EXPECT_THAT(diagnosis.findings, IsEmpty());
  EXPECT_THAT(diagnosis.notes, IsEmpty());
  EXPECT_EQ(diagnosis.subject, "redis at db:6379, version 7.0.15");
}

TEST(RedisDoctor, FindsAnAppendOnlyFileThatMayEndInHalfATransaction) {
  Redis redis;
  redis.info["aof_rewrite_in_progress"] = "0";
  redis.info["aof_rewrite_scheduled"] = "0";
  redis.info["aof_last_rewrite_time_sec"] = "-1";
  EXPECT_THAT(redis.finding().what, HasSubstr("rewritten"));
  EXPECT_THAT(redis.finding().mend, HasSubstr("bgrewriteaof"));
}

TEST(RedisDoctor, FindsAnOldVersion) {
  Redis redis;
  redis.info["redis_version"] = "6.0.16";
  EXPECT_EQ(redis.finding().what, "this is version 6.0.16");
}

TEST(RedisDoctor, FindsAPolicyThatEvicts) {
  Redis redis;
  redis.info["maxmemory_policy"] = "volatile-ttl";
  EXPECT_EQ(redis.finding().what, "maxmemory-policy is volatile-ttl");
  EXPECT_EQ(redis.finding().mend, "redis-cli -h db -p 6379 config set maxmemory-policy noeviction");
}

TEST(RedisDoctor, TellsSnapshotsFromNothingAtAll) {
  Redis redis;
  redis.info["aof_enabled"] = "0";
  EXPECT_THAT(redis.finding().what, HasSubstr("nothing is written to disk"));
  redis.config["save"] = "3600 1";
  EXPECT_THAT(redis.finding().what, HasSubstr("there are at most snapshots"));
}

TEST(RedisDoctor, FindsAFileThatIsNeverForcedToDisk) {
  Redis redis;
  redis.config["appendfsync"] = "no";
  EXPECT_EQ(redis.finding().mend, "redis-cli -h db -p 6379 config set appendfsync everysec");
  redis.config["appendfsync"] = "always";
  redis.config["no-appendfsync-on-rewrite"] = "yes";
  EXPECT_EQ(redis.finding().what, "no-appendfsync-on-rewrite is yes");
}

TEST(RedisDoctor, OnlyNotesTheSecondThatEverysecCanCost) {
  Redis redis;
  redis.config["appendfsync"] = "everysec";
  EXPECT_THAT(redis.judged().findings, IsEmpty());
  EXPECT_THAT(redis.judged().notes, ElementsAre(HasSubstr("config set appendfsync always")));
}

TEST(RedisDoctor, FindsWritesThatFail) {
  for (const char* status :
       {"aof_last_write_status", "aof_last_bgrewrite_status", "rdb_last_bgsave_status"}) {
    Redis redis;
    redis.info[status] = "err";
    EXPECT_THAT(redis.finding().mend, HasSubstr("/var/lib/redis")) << status;
  }
}

TEST(RedisDoctor, FindsAMasterThatDoesNotWaitForItsReplicas) {
  Redis redis;
  redis.info["connected_slaves"] = "2";
  EXPECT_EQ(redis.finding().what, "there are 2 replicas, but min-replicas-to-write is 0");
  redis.config["min-replicas-to-write"] = "1";
  redis.info["min_slaves_good_slaves"] = "2";
  EXPECT_THAT(redis.judged().findings, IsEmpty());
  redis.config["min-replicas-max-lag"] = "0";  // This switches the rule off.
  EXPECT_EQ(redis.finding().what, "there are 2 replicas, but min-replicas-to-write is 0");
}

TEST(RedisDoctor, FindsAMasterThatWaitsForReplicasItDoesNotHave) {
  Redis redis;
  redis.config["min-replicas-to-write"] = "1";
  redis.info["min_slaves_good_slaves"] = "0";
  EXPECT_THAT(redis.finding().risk, HasSubstr("refuses all writes"));
}

TEST(RedisDoctor, FindsSentinelsWithoutAReplica) {
  Redis redis;
  redis.name = "redis master mymaster at 10.0.0.7:6380";
  redis.settings = {.sentinels = "a"};
  EXPECT_EQ(redis.finding().mend, "redis-cli -h HOST_OF_REPLICA replicaof 10.0.0.7 6380");
}

TEST(RedisDoctor, FindsAMemoryWithoutLimitOrNearlyFull) {
  Redis redis;
  redis.info["maxmemory"] = "0";
  EXPECT_EQ(redis.finding().mend, "redis-cli -h db -p 6379 config set maxmemory 512mb");
  redis.info["maxmemory"] = "104857600";
  redis.info["used_memory"] = "94371840";
  EXPECT_EQ(redis.finding().what, "90 of 100 MiB of maxmemory are in use");
}

TEST(RedisDoctor, GivesCommandsThatReachTheServerAndShowNoPassword) {
  Redis redis;
  redis.info["maxmemory_policy"] = "allkeys-lru";
  redis.settings = {.host = "db", .username = "bot", .password = "secret", .tls = true, .tls_ca = "/ca.pem"};
  EXPECT_EQ(redis.finding().mend,
            "redis-cli -h db -p 6379 --tls --cacert /ca.pem --user bot --askpass config set maxmemory-policy "
            "noeviction");
  redis.settings = {.socket = "/run/redis.sock"};
  EXPECT_EQ(redis.finding().mend, "redis-cli -s /run/redis.sock config set maxmemory-policy noeviction");
}

TEST(RedisDoctor, SaysWhatItCouldNotSee) {
  Redis redis;
  redis.config = {};
  redis.config_refused = true;
  redis.info.erase("maxmemory");
  redis.info.erase("maxmemory_policy");
  redis.info["connected_slaves"] = "1";
  const Diagnosis diagnosis = redis.judged();
  EXPECT_THAT(diagnosis.findings, IsEmpty());
  EXPECT_THAT(diagnosis.notes, ElementsAre(HasSubstr("maxmemory-policy"), HasSubstr("maxmemory"),
                                           HasSubstr("min-replicas-to-write")));
}

TEST(RedisDoctor, AsksForAnAdministratorWhereTheUserMayNotConfigure) {
  Redis redis;
  redis.config_refused = true;
  redis.info["maxmemory_policy"] = "allkeys-lru";
  EXPECT_EQ(redis.finding().mend,
            "redis-cli -h db -p 6379 --user ADMINISTRATOR --askpass config set maxmemory-policy noeviction");
}

}  // namespace
}  // namespace chatsync::redis
