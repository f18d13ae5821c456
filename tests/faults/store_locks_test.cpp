// Rows that another program keeps locked.
#include <fmt/format.h>

#include <thread>

#include "faults/fault_checks.hpp"

namespace chatsync::test {
namespace {

class StoreLocks : public ::testing::Test {
 protected:
  void start(const std::string& mysql_timeout) {
    world_.mariadb().client().query("SET GLOBAL max_allowed_packet = 16384");
    server_ = world_.start({{"MYSQL_TIMEOUT", mysql_timeout}});
    client_.emplace(server_->client());
    ask_in({"a", "b", "c"}, 1);
    sync_now(*client_);
  }

  void ask_in(const std::vector<std::string>& sessions, int turns) {
    for (int turn = 0; turn < turns; ++turn) {
      for (const std::string& session : sessions) {
        // Several kilobytes, so that a batch takes more than one statement.
        const std::string question = fmt::format("{} {} {}", session, calls_.size(), std::string(2'000, '.'));
        calls_.push_back(ask_ok(*client_, session, question));
      }
    }
  }

  bool somebody_waits_for_a_lock() {
    return world_.rows("SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'").at(0).at(1) != "0";
  }

  World world_{kRedisAndMySql};
  std::unique_ptr<ChatsyncProcess> server_;
  std::optional<HttpClient> client_;
  std::vector<Call> calls_;
};

TEST_F(StoreLocks, TheVictimOfADeadlockWritesItsBatchAgain) {
  start("30");
  MySqlClient other = world_.mariadb().client(world_.database());
  ask_in({"a", "b"}, 20);
  other.query("CREATE TABLE ballast (x INT) ENGINE = InnoDB");
  other.query("START TRANSACTION");
  // Of two that wait for each other the one that has changed less is given up.
  other.query("INSERT INTO ballast SELECT seq FROM seq_1_to_5000");
  other.query("SELECT * FROM chat_sessions WHERE session_id = 'b' FOR UPDATE");
  std::jthread drain([&] {
    HttpClient client = server_->client();
    EXPECT_EQ(client.get("/sync_now").status, 200);
  });
  EXPECT_TRUE(eventually([&] { return somebody_waits_for_a_lock(); }));
  other.query("SELECT * FROM chat_sessions WHERE session_id = 'a' FOR UPDATE");
  other.query("COMMIT");
  drain.join();
  EXPECT_EQ(other.query("SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'").at(0).at(1), "1");
  EXPECT_EQ(lines_with(*server_, " warning "), 0) << server_->standard_error();
  expect_as_told(world_, *server_, calls_);
}

TEST_F(StoreLocks, ALockThatIsNotReleasedTakesTheWholeBatchBack) {
  start("2");  // Of which a lock may take half.
  MySqlClient other = world_.mariadb().client(world_.database());
  other.query("START TRANSACTION");
  // Nothing can be added before, among and after the turns of c. By the time this is met, the rows of all
  // sessions and the turns of a are written.
  other.query("SELECT * FROM chat_messages WHERE session_id = 'c' FOR UPDATE");
  ask_in({"a", "b", "c"}, 10);
  for (int attempt = 0; attempt < 2; ++attempt) {
    const HttpResponse failed = client_->get("/sync_now");
    EXPECT_EQ(failed.status, 503) << failed.body;
    EXPECT_EQ(failed.json().at("error").at("pending"), 30) << failed.body;
    EXPECT_EQ(world_.integer("SELECT count(*) FROM chat_messages"), 3);
    EXPECT_EQ(world_.integer("SELECT sum(question_count) FROM chat_sessions"), 3);
  }
  EXPECT_EQ(lines_with(*server_, "[1205]"), 1) << server_->standard_error();
  other.query("ROLLBACK");
  expect_synced_without_help(world_, *server_, calls_);
  EXPECT_TRUE(eventually([&] { return lines_with(*server_, "turns are synced again") == 1; }));
  EXPECT_EQ(lines_with(*server_, " warning "), 1) << server_->standard_error();
}

}  // namespace
}  // namespace chatsync::test
