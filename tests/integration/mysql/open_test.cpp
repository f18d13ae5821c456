#include "integration/mysql/mysql_store_test.hpp"
#include "support/ports.hpp"

namespace chatsync::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class MySqlOpen : public MySqlStoreTest {
 protected:
  sql::MySqlOptions over_tcp() const {
    auto chosen = options();
    chosen.server.socket.clear();
    chosen.server.host = server().host();
    chosen.server.port = server().port();
    return chosen;
  }

  static std::string refusal(const sql::MySqlOptions& options) {
    const auto opened = sql::open_mysql_store(options, 1);
    return opened ? "opened" : opened.error().message;
  }
};

TEST_F(MySqlOpen, WorksOverTcpToo) {
  const auto opened = open(over_tcp());
  EXPECT_EQ(ok(opened->write(batch_of({numbered_turn("s", 1)}))).inserted, 1);
  EXPECT_EQ(opened->kind(), "mysql");
}

TEST_F(MySqlOpen, AHostNamedLocalhostMeansThePortAndNotTheDriversSocket) {
  auto chosen = over_tcp();
  chosen.server.host = "localhost";
  EXPECT_EQ(refusal(chosen), "opened");
}

TEST_F(MySqlOpen, CreatesTheDatabaseIfItIsMissing) {
  auto chosen = options();
  chosen.server.database = database() + "_`odd` näme";
  const auto opened = open(chosen);
  ok(opened->ping());
  EXPECT_EQ(client().integer("SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = '" +
                             chosen.server.database + "' AND default_character_set_name = 'utf8mb4'"),
            1);
}

TEST_F(MySqlOpen, KeepsWhatIsThere) {
  ok(store().write(batch_of({numbered_turn("s", 1)})));
  EXPECT_EQ(ok(open(options())->turns("s", {})), numbered_turns("s", 1, 1));
}

TEST_F(MySqlOpen, NeedsNoRightToCreateTablesThatAreThere) {
  ok(store().ping());
  auto root = client();
  root.query("CREATE USER IF NOT EXISTS writer@localhost");
  root.query("GRANT SELECT, INSERT, UPDATE, DELETE ON " + database() + ".* TO writer@localhost");
  auto chosen = options();
  chosen.server.user = "writer";
  EXPECT_EQ(ok(open(chosen)->write(batch_of({numbered_turn("s", 1)}))).inserted, 1);
}

TEST_F(MySqlOpen, SaysInOneLineWhoWasRefusedAndWhatToCheck) {
  client().query("CREATE USER IF NOT EXISTS locked@localhost IDENTIFIED BY 'right'");
  auto chosen = options();
  chosen.server.user = "locked";
  chosen.server.password = "wrong";
  EXPECT_THAT(refusal(chosen), AllOf(HasSubstr(server().socket().string()), HasSubstr("user 'locked'"),
                                     HasSubstr("database '" + database() + "'"), HasSubstr("Access denied"),
                                     HasSubstr("check MYSQL_USER and MYSQL_PASSWORD"), Not(HasSubstr("\n"))));
  EXPECT_THAT(refusal(chosen), Not(HasSubstr("'wrong'")));
}

TEST_F(MySqlOpen, SaysInOneLineThatNobodyListens) {
  auto chosen = over_tcp();
  chosen.server.port = free_port();
  EXPECT_THAT(refusal(chosen), AllOf(HasSubstr("127.0.0.1:" + std::to_string(chosen.server.port)),
                                     HasSubstr("check that the server runs there"), Not(HasSubstr("\n"))));
}

TEST_F(MySqlOpen, SaysInOneLineThatTheHostIsUnknown) {
  auto chosen = over_tcp();
  chosen.server.host = "no-such-host.invalid";
  EXPECT_THAT(refusal(chosen),
              AllOf(HasSubstr("no-such-host.invalid:"), HasSubstr("MYSQL_HOST"), Not(HasSubstr("\n"))));
}

TEST_F(MySqlOpen, SaysInOneLineThatTheSocketIsMissing) {
  auto chosen = options();
  chosen.server.socket = "/nowhere/mysql.sock";
  EXPECT_THAT(refusal(chosen),
              AllOf(HasSubstr("/nowhere/mysql.sock"), HasSubstr("MYSQL_SOCKET"), Not(HasSubstr("\n"))));
}

TEST_F(MySqlOpen, SaysInOneLineThatTheDatabaseMayNotBeCreated) {
  client().query("CREATE USER IF NOT EXISTS nobody@localhost");
  auto chosen = options();
  chosen.server.user = "nobody";
  chosen.server.database = "absent";
  EXPECT_THAT(refusal(chosen),
              AllOf(HasSubstr("database 'absent'"), HasSubstr("grant the user"), Not(HasSubstr("\n"))));
}

TEST_F(MySqlOpen, RefusesTablesOfANewerProgram) {
  ok(store().ping());
  client().query("INSERT INTO schema_version (version) VALUES (99)");
  EXPECT_THAT(refusal(options()),
              AllOf(HasSubstr(database()), HasSubstr("version 99"), HasSubstr("newer chatsync")));
}

TEST_F(MySqlOpen, FinishesAMigrationThatBrokeOff) {
  ok(store().ping());
  client().query("DELETE FROM schema_version");
  client().query("DROP TABLE dead_letters");
  ok(open(options())->ping());
  EXPECT_EQ(count("dead_letters"), 0);
  EXPECT_EQ(client().integer("SELECT MAX(version) FROM schema_version"), 5);
}

TEST_F(MySqlOpen, FinishesAnUpgradeThatBrokeOffAnywhere) {
  ok(store().write(batch_of({numbered_turn("s", 1)})));
  ok(store().admit_lineage(7, 0));
  const std::vector<std::string> unfinished[] = {
      {"DROP TABLE unsettled_turns", "DROP TABLE cache_fence",
       "ALTER TABLE dead_letters DROP COLUMN seq, DROP COLUMN discarded_at",
       "ALTER TABLE chat_sessions DROP KEY sessions_of_user_by_id"},
      {"ALTER TABLE dead_letters DROP COLUMN seq, DROP COLUMN discarded_at"},
      {"ALTER TABLE chat_sessions DROP KEY sessions_of_user_by_id"},
      {}};
  for (const auto& undone : unfinished) {
    client().query("DELETE FROM schema_version WHERE version > 1");
    for (const auto& statement : undone) client().query(statement);
    const auto opened = open(options());
    EXPECT_EQ(ok(opened->turns("s", {})), numbered_turns("s", 1, 1));
    EXPECT_TRUE(ok(opened->list({})).empty());
    EXPECT_EQ(ok(opened->unsettled_sessions("", 1)).size(), 0);
    EXPECT_EQ(client().integer("SELECT MAX(version) FROM schema_version"), 5);
  }
}

}  // namespace
}  // namespace chatsync::test
