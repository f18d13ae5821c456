// `chatsync doctor` against real servers: what it says of bad settings, and that its own commands mend them.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <regex>

#include "end_to_end/world.hpp"
#include "support/ports.hpp"
#include "support/sentinel_set.hpp"

namespace chatsync::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

CommandOutcome doctor(const Environment& environment) {
  return run_chatsync({.environment = environment, .arguments = {"doctor"}});
}

/// Runs every command that the report gives to mend something.
void mend(const std::string& report) {
  // The administrator of a test's server has no password to be asked for.
  const std::string commands = std::regex_replace(report, std::regex(" -u root -p "), " -u root ");
  const std::regex command("     mend: .*?((redis-cli|mysql) -.*)");
  const std::sregex_iterator none;
  int found = 0;
  for (std::sregex_iterator line(commands.begin(), commands.end(), command); line != none; ++line, ++found) {
    const CommandOutcome outcome =
        run_command({.program = "/bin/bash", .arguments = {"-c", (*line)[1].str()}}, kPatience);
    EXPECT_EQ(outcome.status, 0) << (*line)[1] << '\n' << outcome.standard_error;
    EXPECT_THAT(outcome.standard_output, Not(HasSubstr("ERR"))) << (*line)[1];
  }
  EXPECT_GT(found, 0) << report;
}

/// A Redis and a MariaDB, and a server that made its tables there.
class Doctor : public testing::Test {
 protected:
  void start(RedisServer::Options redis, MariaDbServer::Options mariadb = {}) {
    redis_ = std::make_unique<RedisServer>(std::move(redis));
    mariadb_ = std::make_unique<MariaDbServer>(std::move(mariadb));
    database_ = mariadb_->create_database();
  }
  Environment environment(const std::string& user = "root") const {
    return {{"REDIS_HOST", redis_->host()},
            {"REDIS_PORT", std::to_string(redis_->port())},
            {"MYSQL_HOST", mariadb_->host()},
            {"MYSQL_PORT", std::to_string(mariadb_->port())},
            {"MYSQL_USER", user},
            {"MYSQL_DATABASE", database_}};
  }
  void make_tables() const { ChatsyncProcess::started({.environment = environment()})->stop(); }

  /// Mends what the doctor finds, and expects that it then finds nothing more.
  void expect_mended_by_its_own_commands(const Environment& settings) {
    mend(doctor(settings).standard_output);
    const CommandOutcome well = doctor(settings);
    EXPECT_EQ(well.status, 0) << well.standard_output << well.standard_error;
    EXPECT_THAT(well.standard_output, Not(HasSubstr("risk:")));
  }

  static inline const RedisServer::Options kGoodRedis{.maxmemory = "256mb"};

  std::unique_ptr<RedisServer> redis_;
  std::unique_ptr<MariaDbServer> mariadb_;
  std::string database_;
};

TEST_F(Doctor, HasNothingToSayOfServersThatKeepThePromises) {
  start(kGoodRedis);
  make_tables();
  const CommandOutcome outcome = doctor(environment());
  EXPECT_EQ(outcome.status, 0) << outcome.standard_output << outcome.standard_error;
  EXPECT_THAT(
      outcome.standard_output,
      AllOf(HasSubstr(fmt::format("redis at 127.0.0.1:{}", redis_->port())),
            HasSubstr(fmt::format("MySQL at 127.0.0.1:{}", mariadb_->port())), Not(HasSubstr("risk:"))));
}

TEST_F(Doctor, KnowsTheCommandsThatMendABadRedis) {
  start({.appendonly = "no", .maxmemory_policy = "allkeys-lru"});
  const CommandOutcome sick = doctor(environment());
  EXPECT_EQ(sick.status, 1) << sick.standard_error;
  EXPECT_THAT(sick.standard_output,
              AllOf(HasSubstr("maxmemory-policy is allkeys-lru"), HasSubstr("nothing is written to disk"),
                    HasSubstr("maxmemory is 0"), HasSubstr("3 findings")));
  expect_mended_by_its_own_commands(environment());
}

TEST_F(Doctor, KnowsTheCommandsThatMendABadAppendOnlyFile) {
  start({.appendfsync = "no", .maxmemory = "256mb", .extra = {"--no-appendfsync-on-rewrite", "yes"}});
  EXPECT_THAT(doctor(environment()).standard_output, HasSubstr("appendfsync is no"));
  expect_mended_by_its_own_commands(environment());
}

TEST_F(Doctor, KnowsTheCommandsThatMendABadMySql) {
  start(kGoodRedis, {.extra = {"--innodb-flush-log-at-trx-commit=2", "--log-bin=binlog", "--sync-binlog=0",
                               "--max-allowed-packet=1048576", "--sql-mode=", "--default-time-zone=+07:00"}});
  make_tables();
  MySqlClient root = mariadb_->client(database_);
  root.query("ALTER TABLE cache_lineages ENGINE = MyISAM");
  root.query(
      "ALTER TABLE chat_messages MODIFY question MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE "
      "utf8mb4_general_ci NOT NULL");
  root.query("SET GLOBAL read_only = ON");
  const CommandOutcome sick = doctor(environment());
  EXPECT_EQ(sick.status, 1) << sick.standard_error;
  EXPECT_THAT(sick.standard_output,
              AllOf(HasSubstr("read_only is on"), HasSubstr("innodb_flush_log_at_trx_commit is 2"),
                    HasSubstr("sync_binlog is 0"), HasSubstr("max_allowed_packet is 1048576"),
                    HasSubstr("table cache_lineages has the engine MyISAM"),
                    HasSubstr("chat_messages.question has the collation utf8mb4_general_ci"),
                    HasSubstr("note: the server's sql_mode is not strict"),
                    HasSubstr("note: the server's time zone is +07:00"), HasSubstr("6 findings")));
  expect_mended_by_its_own_commands(environment());
}

TEST_F(Doctor, LooksAtEveryTableThatChatsyncMakes) {
  start(kGoodRedis);
  make_tables();
  MySqlClient root = mariadb_->client(database_);
  const std::vector<std::string> tables =
      root.column("SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()");
  for (const std::string& table : tables) root.query(fmt::format("ALTER TABLE {} ENGINE = MyISAM", table));
  const std::string sick = doctor(environment()).standard_output;
  for (const std::string& table : tables) {
    EXPECT_THAT(sick, HasSubstr(fmt::format("table {} has the engine MyISAM", table)));
  }
  expect_mended_by_its_own_commands(environment());
}

TEST_F(Doctor, KnowsTheGrantThatAUserLacks) {
  start(kGoodRedis);
  make_tables();
  MySqlClient root = mariadb_->client(database_);
  root.query("CREATE USER plain@'%'");
  root.query(fmt::format("GRANT SELECT, INSERT ON {}.* TO plain@'%'", database_));
  EXPECT_THAT(doctor(environment("plain")).standard_output,
              AllOf(HasSubstr("user plain@% may not:"), HasSubstr("UPDATE on chat_messages"),
                    HasSubstr("DELETE on chat_sessions"), Not(HasSubstr("INSERT on"))));
  expect_mended_by_its_own_commands(environment("plain"));
}

TEST_F(Doctor, SaysWhatItCouldNotSee) {
  start(kGoodRedis);
  redis_->client().command({"ACL", "SETUSER", "bot", "on", ">pw", "~*", "&*", "+@all", "-config"});
  Environment settings = environment();
  settings["REDIS_USERNAME"] = "bot";
  settings["REDIS_PASSWORD"] = "pw";
  settings["MYSQL_DATABASE"] = "not_there_yet";
  const CommandOutcome outcome = doctor(settings);
  EXPECT_EQ(outcome.status, 0) << outcome.standard_output << outcome.standard_error;
  EXPECT_THAT(outcome.standard_output, AllOf(HasSubstr("note: CONFIG is not allowed to this user"),
                                             HasSubstr("note: there is no database not_there_yet")));
  EXPECT_THAT(mariadb_->client().query("SHOW DATABASES LIKE 'not_there_yet'"), testing::IsEmpty());
}

TEST_F(Doctor, MendsTheMasterToWhichSentinelsLead) {
  SentinelSet set(1, kGoodRedis);
  start(kGoodRedis);
  Environment settings = environment();
  settings.erase("REDIS_HOST");
  settings.erase("REDIS_PORT");
  settings["REDIS_SENTINELS"] = set.addresses();
  const CommandOutcome sick = doctor(settings);
  EXPECT_EQ(sick.status, 1) << sick.standard_error;
  EXPECT_THAT(
      sick.standard_output,
      AllOf(HasSubstr(fmt::format("redis master mymaster at 127.0.0.1:{}", set.master().port())),
            HasSubstr("there is 1 replica, but min-replicas-to-write is 0"), HasSubstr("1 finding.")));
  expect_mended_by_its_own_commands(settings);
}

TEST_F(Doctor, WarnsOfADataDirectoryInMemory) {
  if (!std::filesystem::is_directory("/dev/shm")) GTEST_SKIP() << "this machine has no /dev/shm";
  const CommandOutcome outcome = doctor({{"DATA_DIR", "/dev/shm/chatsync-doctor-test"}});
  EXPECT_EQ(outcome.status, 1) << outcome.standard_error;
  EXPECT_THAT(outcome.standard_output, HasSubstr("it lies on tmpfs"));
  EXPECT_FALSE(std::filesystem::exists("/dev/shm/chatsync-doctor-test"));
}

TEST(DoctorStatus, IsTwoForAServerThatCannotBeReached) {
  const RedisServer redis(RedisServer::Options{.appendonly = "no"});
  const std::string port = std::to_string(free_port());
  const CommandOutcome outcome = doctor({{"REDIS_HOST", redis.host()},
                                         {"REDIS_PORT", std::to_string(redis.port())},
                                         {"MYSQL_HOST", "127.0.0.1"},
                                         {"MYSQL_PORT", port}});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.standard_output, HasSubstr("appendonly is no"));
  EXPECT_THAT(outcome.standard_error, HasSubstr("MySQL at 127.0.0.1:" + port));
}

TEST(DoctorStatus, IsTwoForAReplica) {
  const RedisServer master;
  const RedisServer replica({.extra = {"--replicaof", master.host(), std::to_string(master.port())}});
  const CommandOutcome outcome =
      doctor({{"REDIS_HOST", replica.host()}, {"REDIS_PORT", std::to_string(replica.port())}});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.standard_error, HasSubstr("it is a replica: name the master in REDIS_HOST"));
}

TEST(DoctorStatus, IsTwoForABadSettingAndForAnUnknownCommand) {
  EXPECT_EQ(doctor({{"HTTP_PORT", "x"}}).status, 2);
  const CommandOutcome unknown = run_chatsync({.arguments = {"docter"}});
  EXPECT_EQ(unknown.status, 2);
  EXPECT_EQ(unknown.standard_error, "chatsync: unknown command 'docter'; did you mean doctor?\n");
}

}  // namespace
}  // namespace chatsync::test
