#include "integration/mysql/mysql_store_test.hpp"

namespace chatsync::test {
namespace {

class MySqlOutage : public MySqlStoreTest {
 protected:
  /// Cuts every connection but this one.
  void kill_connections() {
    auto killer = client();
    for (const auto& id : killer.column("SELECT id FROM information_schema.processlist WHERE db = '" +
                                        database() + "' AND id <> CONNECTION_ID()")) {
      killer.query("KILL CONNECTION " + id);
    }
  }
};

TEST_F(MySqlOutage, KilledConnectionsAreReplaced) {
  ok(store().write(batch_of({numbered_turn("s", 1)})));
  kill_connections();
  EXPECT_EQ(ok(store().write(batch_of({numbered_turn("s", 2)}))).inserted, 1);
  kill_connections();
  EXPECT_EQ(ok(store().count_turns("s")), 2);
}

TEST_F(MySqlOutage, AConnectionKilledInTheMiddleOfABatchLeavesNothing) {
  ok(store().write(batch_of({numbered_turn("b", 1)})));
  auto other = client();
  other.query("START TRANSACTION");
  other.query("SELECT * FROM chat_sessions WHERE session_id = 'b' FOR UPDATE");
  const auto writing = start(store().write(batch_of({numbered_turn("a", 1), numbered_turn("b", 2)})));
  ASSERT_TRUE(run_until([&] { return waiting_for_locks(1); }));
  const auto waiting = other.integer(
      "SELECT trx_mysql_thread_id FROM information_schema.innodb_trx "
      "WHERE trx_state = 'LOCK WAIT'");
  other.query("KILL CONNECTION " + std::to_string(waiting));
  const auto written = finish(writing);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::unavailable);
  other.query("ROLLBACK");
  EXPECT_EQ(count("chat_messages"), 1);
  EXPECT_EQ(ok(store().write(batch_of({numbered_turn("a", 1), numbered_turn("b", 2)}))).inserted, 2);
}

TEST_F(MySqlOutage, AMissingTableIsAnOutageAndNotABadTurn) {
  ok(store().ping());
  client().query("RENAME TABLE chat_messages TO elsewhere");
  const auto written = await(store().write(batch_of({numbered_turn("s", 1)})));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::unavailable);
  client().query("RENAME TABLE elsewhere TO chat_messages");
  EXPECT_EQ(ok(store().write(batch_of({numbered_turn("s", 1)}))).inserted, 1);
}

TEST_F(MySqlOutage, AReadOnlyServerIsAnOutage) {
  ok(store().ping());
  auto root = client();
  root.query("CREATE USER IF NOT EXISTS plain@localhost");
  root.query("GRANT ALL ON *.* TO plain@localhost");
  root.query("REVOKE SUPER, READ_ONLY ADMIN ON *.* FROM plain@localhost");
  auto chosen = options();
  chosen.server.user = "plain";
  const auto plain = open(chosen);
  root.query("SET GLOBAL read_only = ON");
  const auto written = await(plain->write(batch_of({numbered_turn("s", 1)})));
  root.query("SET GLOBAL read_only = OFF");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::unavailable);
  EXPECT_EQ(written.error().code, "mysql_1290");
  EXPECT_EQ(ok(plain->write(batch_of({numbered_turn("s", 1)}))).inserted, 1);
}

/// A server of the test's own, to be stopped and frozen.
class MySqlOwnServer : public CoroutineTest {
 protected:
  MySqlOwnServer() : database_(server_.create_database()) {}

  sql::MySqlOptions impatient() const {
    sql::MySqlOptions options;
    options.server.socket = server_.socket();
    options.server.user = "root";
    options.server.database = database_;
    options.server.timeout = std::chrono::seconds(1);
    options.lock_wait = std::chrono::seconds(30);
    return options;
  }

  MariaDbServer server_;
  std::string database_;
};

TEST_F(MySqlOwnServer, ARestartIsSurvived) {
  const auto store = std::move(*sql::open_mysql_store(impatient(), 2));
  ok(store->write(batch_of({numbered_turn("s", 1)})));
  server_.stop();
  const auto written = await(store->write(batch_of({numbered_turn("s", 2)})));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::unavailable);
  EXPECT_FALSE(await(store->ping()));
  server_.start();
  ok(store->ping());
  EXPECT_EQ(ok(store->write(batch_of(numbered_turns("s", 1, 2)))).inserted, 1);
}

TEST_F(MySqlOwnServer, TheServersOwnSettingsDoNotMatter) {
  auto root = server_.client();
  root.query("SET GLOBAL sql_mode = ''");
  root.query("SET GLOBAL time_zone = '+07:00'");
  root.query("SET GLOBAL autocommit = 0");
  root.query("SET GLOBAL character_set_server = latin1");
  const auto store = std::move(*sql::open_mysql_store(impatient(), 2));
  auto too_long = numbered_turn("s", 1);
  too_long.model = std::string(300, 'm');
  EXPECT_EQ(await(store->write(batch_of({too_long}))).error().kind, ErrorKind::rejected);
  auto turn = numbered_turn("s", 1);
  turn.question = "\U0001F600";
  ok(store->write(batch_of({turn})));
  EXPECT_EQ(ok(store->turns("s", {})), std::vector{turn});
  EXPECT_EQ(ok(store->load("s", 0))->session.created_at_us, turn.timestamp_us);
  EXPECT_EQ(server_.client(database_).integer(
                "SELECT ABS(TIMESTAMPDIFF(SECOND, synced_at, UTC_TIMESTAMP())) < 600 FROM chat_messages"),
            1);
  // No transaction stays open behind a read: it would keep everybody from changing the table.
  auto changer = server_.client(database_);
  changer.query("SET lock_wait_timeout = 1");
  EXPECT_NO_THROW(changer.query("ALTER TABLE chat_messages COMMENT 'changed'"));
}

TEST_F(MySqlOwnServer, AFrozenServerIsAnOutageWithinTheTimeout) {
  const auto store = std::move(*sql::open_mysql_store(impatient(), 2));
  server_.freeze();
  const auto begun = std::chrono::steady_clock::now();
  const auto loaded = await(store->load("s", 10));
  const auto took = std::chrono::steady_clock::now() - begun;
  server_.thaw();
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().kind, ErrorKind::unavailable);
  EXPECT_LT(took, std::chrono::seconds(10));
  ok(store->ping());
}

TEST_F(MySqlOwnServer, ACommitWithoutAReplyMayHaveTakenEffectAndIsRepeatedSafely) {
  const auto store = std::move(*sql::open_mysql_store(impatient(), 2));
  auto backup = server_.client();
  for (const std::string stage : {"START", "FLUSH", "BLOCK_DDL", "BLOCK_COMMIT"}) {
    backup.query("BACKUP STAGE " + stage);
  }
  const auto written = await(store->write(batch_of(numbered_turns("s", 1, 5))));
  backup.query("BACKUP STAGE END");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::outcome_unknown);
  const auto repeated = ok(store->write(batch_of(numbered_turns("s", 1, 5))));
  EXPECT_EQ(repeated.quarantined, 0);
  EXPECT_EQ(ok(store->turns("s", {})), numbered_turns("s", 1, 5));
}

}  // namespace
}  // namespace chatsync::test
