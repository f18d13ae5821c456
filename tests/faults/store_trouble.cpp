#include "faults/store_trouble.hpp"

#include <stdexcept>
#include <utility>

namespace chatsync::test {

StoreTrouble::StoreTrouble(Environment more, WorldOptions options)
    : world_(kRedisAndMySql, std::move(options)) {
  more.merge(as_plain_user(world_));
  more.merge(Environment{{"MYSQL_TIMEOUT", "1"}, {"SYNC_INTERVAL", "1"}, {"SYNC_BATCH_TURNS", "50"}});
  server_ = world_.start(std::move(more));
  HttpClient client = server_->client();
  for (const std::string& session : sessions_) asked_.push_back(ask_ok(client, session, "first"));
}

void StoreTrouble::go_through(const std::function<void()>& trouble, const std::function<void()>& relief,
                              std::string_view cause) {
  RecordedLoad load(plan());
  await_more(load, 50);
  trouble();
  expect_turns_wait(load);
  relief();
  EXPECT_TRUE(eventually([&] { return lines_with(*server_, "turns are synced again") == 1; }));
  expect_everything_arrives(load.finish());
  expect_one_line_each(cause);
}

void StoreTrouble::expect_one_line_each(std::string_view cause) {
  EXPECT_EQ(lines_with(*server_, "turns cannot be synced"), 1) << server_->standard_error();
  EXPECT_EQ(lines_with(*server_, cause), 1) << server_->standard_error();
  EXPECT_EQ(lines_with(*server_, "turns are synced again"), 1) << server_->standard_error();
  EXPECT_EQ(lines_with(*server_, " warning "), 1) << server_->standard_error();
}

void StoreTrouble::expect_turns_wait(const RecordedLoad& load) {
  HttpClient client = server_->client();
  for (int attempt = 0; attempt < attempts_; ++attempt) {
    const HttpResponse failed = client.get("/sync_now");
    EXPECT_EQ(failed.status, 503) << failed.body;
    EXPECT_EQ(error_code(failed), "sync_failed");
    EXPECT_FALSE(failed.header("retry-after").empty());
    await_more(load, 20);
  }
  const std::int64_t waiting = turns_in_redis(world_);
  await_more(load, 20);
  EXPECT_GT(turns_in_redis(world_), waiting);
  // A session of the server's making needs no look into the store.
  asked_.push_back(ask_ok(client, {}, "a new session"));
}

void StoreTrouble::expect_everything_arrives(std::vector<Call> calls) {
  expect_all_acknowledged(calls);
  calls.insert(calls.end(), asked_.begin(), asked_.end());
  expect_synced_without_help(world_, *server_, calls);
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
