#include "faults/store_trouble.hpp"

#include <stdexcept>
#include <utility>

namespace chatsync::test {

StoreTrouble::StoreTrouble(Environment more) {
  more.merge(as_plain_user(world_));
  more.merge(Environment{{"MYSQL_TIMEOUT", "1"}, {"SYNC_INTERVAL", "1"}, {"SYNC_BATCH_TURNS", "50"}});
  server_ = world_.start(std::move(more));
  HttpClient client = server_->client();
  for (const std::string& session : sessions_) asked_.push_back(ask(client, session, "first"));
}

void StoreTrouble::go_through(const std::function<void()>& trouble, const std::function<void()>& relief,
                              std::string_view cause) {
  PatientLoad load(plan());
  load.await_more(50);
  trouble();
  expect_turns_wait(load);
  relief();
  EXPECT_TRUE(eventually([&] { return lines_with(*server_, "turns are synced again") == 1; }));
  expect_everything_arrives(load.stop());
  expect_one_line_each(cause);
}

void StoreTrouble::expect_one_line_each(std::string_view cause) {
  EXPECT_EQ(lines_with(*server_, "turns cannot be synced"), 1) << server_->standard_error();
  EXPECT_EQ(lines_with(*server_, cause), 1) << server_->standard_error();
  EXPECT_EQ(lines_with(*server_, "turns are synced again"), 1) << server_->standard_error();
  EXPECT_EQ(lines_with(*server_, " warning "), 1) << server_->standard_error();
}

void StoreTrouble::expect_turns_wait(const PatientLoad& load) {
  HttpClient client = server_->client();
  for (int attempt = 0; attempt < attempts_; ++attempt) {
    const HttpResponse failed = client.get("/sync_now");
    EXPECT_EQ(failed.status, 503) << failed.body;
    EXPECT_EQ(error_code(failed), "sync_failed");
    EXPECT_FALSE(failed.header("retry-after").empty());
    load.await_more(20);
  }
  const std::int64_t waiting = turns_in_redis();
  load.await_more(20);
  EXPECT_GT(turns_in_redis(), waiting);
  // A session of the server's making needs no look into the store.
  asked_.push_back(ask(client, {}, "a new session"));
}

void StoreTrouble::expect_everything_arrives(PatientOutcome outcome) {
  EXPECT_TRUE(outcome.refused.empty()) << outcome.refused.begin()->first;
  EXPECT_TRUE(outcome.unknown.empty());
  outcome.acknowledged.insert(outcome.acknowledged.end(), asked_.begin(), asked_.end());
  expect_synced_without_help(world_, outcome);
  EXPECT_TRUE(eventually([&] { return turns_in_redis() == 0; }));
}

std::int64_t StoreTrouble::turns_in_redis() {
  RespClient redis = world_.redis().client();
  std::int64_t turns = 0;
  for (const std::string& key : redis.keys("session:*:pending_msgs")) turns += redis.integer({"SCARD", key});
  return turns;
}

void StoreTrouble::kill_connections(MySqlClient& killer) {
  for (const auto& id : killer.column("SELECT id FROM information_schema.processlist WHERE user = 'plain'")) {
    try {
      killer.query("KILL CONNECTION " + id);
    } catch (const std::runtime_error&) {
      // It has ended by itself.
    }
  }
}

}  // namespace chatsync::test
