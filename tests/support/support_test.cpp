#include <gtest/gtest.h>

#include <system_error>

#include "support/eventually.hpp"
#include "support/mariadb_server.hpp"
#include "support/redis_server.hpp"

namespace chatsync::test {
namespace {

TEST(ChildProcess, ReportsHowAProcessEnded) {
  EXPECT_EQ(run_command({.program = "/bin/sh", .arguments = {"-c", "exit 7"}}, kPatience).status, 7);
  EXPECT_EQ(run_command({.program = "/bin/sh", .arguments = {"-c", "kill -9 $$"}}, kPatience).status,
            128 + 9);
}

TEST(ChildProcess, RefusesAProgramThatIsNotThere) {
  EXPECT_THROW(run_command({.program = "/no/such/program"}, kPatience), std::system_error);
}

TEST(RedisServer, KeepsItsDataAndPortOverARestart) {
  RedisServer server;
  const auto port = server.port();
  server.client().set("key", std::string("a\0b", 3));
  server.restart();
  EXPECT_EQ(server.client().get("key"), std::string("a\0b", 3));
  EXPECT_EQ(server.port(), port);
}

TEST(RedisServer, DemandsItsPassword) {
  RedisServer server({.password = "secret"});
  EXPECT_EQ(RespClient(server.host(), server.port()).try_command({"PING"}).kind, RespValue::Kind::error);
  EXPECT_EQ(server.client().command({"PING"}).text, "PONG");
}

TEST(MariaDbServer, KeepsCommittedRowsWhenKilled) {
  MariaDbServer server;
  const std::string database = server.create_database();
  server.client(database).query("CREATE TABLE t (a INT PRIMARY KEY, b LONGTEXT) ENGINE=InnoDB");
  server.client(database).query("INSERT INTO t VALUES (1, 'one'), (2, NULL)");
  server.kill9();
  EXPECT_FALSE(server.running());
  server.start();
  const std::vector<SqlRow> expected{{"1", "one"}, {"2", std::nullopt}};
  EXPECT_EQ(server.client(database).query("SELECT a, b FROM t ORDER BY a"), expected);
}

}  // namespace
}  // namespace chatsync::test
