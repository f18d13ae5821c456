// A disk without a free block, under each file that turns are written to. The server's own logs lie
// elsewhere.
#include <fmt/format.h>

#include "faults/full_disk.hpp"
#include "faults/store_trouble.hpp"

namespace chatsync::test {
namespace {

std::string long_question(int number) {
  return fmt::format("question {} {}", number, std::string(20'000, 'x'));
}

/// A server on the embedded cache and SQLite, whose data lie on a disk of their own.
class OwnDisk : public ::testing::Test {
 protected:
  void start(const std::string& on_the_full_disk) {
    Environment settings = full_disk_.environment((world_.data_dir() / on_the_full_disk).string());
    settings.insert({{"SYNC_INTERVAL", "1"}});
    server_ = world_.start(settings);
    client_.emplace(server_->client());
  }

  const World world_{kNothingInstalled};
  FullDisk full_disk_;
  std::unique_ptr<ChatsyncProcess> server_;
  std::optional<HttpClient> client_;
};

TEST_F(OwnDisk, WithoutRoomForTheStoreTurnsWaitInTheCache) {
  start("chatsync.db");
  ask_ok(*client_, "s", "first");
  sync_now(*client_);
  full_disk_.fill();
  int asked = 1;
  while (client_->get("/sync_now").status == 200 && asked < 400)
    ask_ok(*client_, "s", long_question(++asked));
  EXPECT_EQ(error_code(client_->get("/sync_now")), "sync_failed");
  for (int more = 0; more < 10; ++more) ask_ok(*client_, "s", long_question(++asked));
  EXPECT_EQ(client_->get("/sync_now").status, 503);
  EXPECT_EQ(lines_with(*server_, "turns cannot be synced"), 1) << server_->standard_error();

  full_disk_.make_room();
  EXPECT_TRUE(eventually([&] { return stored_seqs(world_, "s") == one_to(asked); }));
  EXPECT_TRUE(eventually([&] { return lines_with(*server_, "turns are synced again") == 1; }));
  EXPECT_EQ(lines_with(*server_, "turns cannot be synced"), 1) << server_->standard_error();
}

TEST_F(OwnDisk, WithoutRoomAtAllTurnsAreRefusedAndNoneIsHalfRecorded) {
  start("");
  int accepted = 0;
  ask_ok(*client_, "s", long_question(++accepted));
  full_disk_.fill();
  Call refused;
  for (int number = 2; number < 400; ++number) {
    refused = ask(*client_, "s", long_question(number));
    if (!refused.acknowledged()) break;
    ++accepted;
  }
  EXPECT_EQ(refused.outcome, CallOutcome::failed) << refused.error;
  EXPECT_EQ(refused.error.substr(0, 3), "503") << refused.error;
  EXPECT_EQ(client_->get("/healthz").status, 200);

  full_disk_.make_room();
  EXPECT_TRUE(eventually([&] { return ask(*client_, "s", "again").acknowledged(); }));
  ++accepted;
  EXPECT_EQ(ask_ok(*client_, "s", "and again").question_count, ++accepted);
  sync_now(*client_);
  EXPECT_EQ(stored_seqs(world_, "s"), one_to(accepted));
  EXPECT_EQ(server_->stop(), 0) << server_->standard_error();
  server_->start_again();
  HttpClient client = server_->client();
  EXPECT_EQ(ask_ok(client, "s", "after a restart").question_count, accepted + 1);
}

/// InnoDB aborts on some of the writes that find no room, which is the case of a server that was killed. What
/// it says of the others is said here by a trigger.
class FullMariaDb : public StoreTrouble {};

TEST_F(FullMariaDb, IsWaitedFor) {
  MySqlClient root = world_.mariadb().client(world_.database());
  go_through(
      [&] {
        root.query(
            "CREATE TRIGGER no_room BEFORE INSERT ON chat_messages FOR EACH ROW SIGNAL SQLSTATE 'HY000' "
            "SET MYSQL_ERRNO = 1114, MESSAGE_TEXT = 'The table is full'");
      },
      [&] { root.query("DROP TRIGGER no_room"); }, "free some space on the disk");
}

}  // namespace
}  // namespace chatsync::test
