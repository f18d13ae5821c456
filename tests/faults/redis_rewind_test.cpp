// A Redis that comes back without turns that it had, or with turns that it had given away: numbers and time
// stamps go on above those of the store, and none is given to a second turn.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>

#include "faults/fault_checks.hpp"

namespace chatsync::test {
namespace {

class RedisRewind : public ::testing::Test {
 protected:
  RedisRewind() { server_ = world_.start({{"REDIS_TIMEOUT", "1"}, {"MYSQL_TIMEOUT", "2"}}); }

  std::filesystem::path append_only_files() {
    return world_.redis().socket().parent_path() / "appendonlydir";
  }

  /// Keeps what Redis holds at this moment.
  void take_copy() {
    world_.redis().stop();
    std::filesystem::remove_all(world_ / "copy");
    std::filesystem::copy(append_only_files(), world_ / "copy");
    world_.redis().start();
  }

  /// Redis comes back as it was then.
  void go_back_to_copy() {
    world_.redis().kill9();
    std::filesystem::remove_all(append_only_files());
    std::filesystem::copy(world_ / "copy", append_only_files());
    world_.redis().start();
  }

  /// What a crash leaves of record.lua's effects that cuts the file while they are written: a turn whose
  /// recorder got no reply.
  void append_half_a_transaction(const std::string& session, int number) {
    const std::string message = fmt::format("session:{}:msg:1795392000000002", session);
    const std::vector<std::vector<std::string>> commands{
        {"MULTI"},
        {"INCR", fmt::format("session:{}:count", session)},
        {"SADD", fmt::format("session:{}:pending_msgs", session), message},
        {"HSET", message, "question", "lost", "answer", "lost", "seq", std::to_string(number)}};
    std::ofstream file(last_increment(), std::ios::app | std::ios::binary);
    for (const auto& command : commands) {
      file << '*' << command.size() << "\r\n";
      for (const std::string& word : command) file << '$' << word.size() << "\r\n" << word << "\r\n";
    }
    file << "*4\r\n$4\r\nZA";
  }

  std::filesystem::path last_increment() {
    std::filesystem::path last;
    for (const auto& file : std::filesystem::directory_iterator(append_only_files())) {
      if (file.path().extension() == ".aof" && file.path().stem().extension() == ".incr")
        last = std::max(last, file.path());
    }
    return last;
  }

  void await_redis() {
    HttpClient client = server_->client();
    EXPECT_TRUE(eventually([&] { return client.get("/sync_now").status == 200; }));
  }

  void ask_some(const std::string& session, int turns) {
    HttpClient client = server_->client();
    for (int turn = 0; turn < turns; ++turn) {
      const std::string question = fmt::format("{} {}", session, calls_.size());
      EXPECT_TRUE(eventually([&] {
        calls_.push_back(ask(client, session, question + std::string(calls_.size() % 7, '.')));
        return calls_.back().acknowledged();
      }));
    }
  }

  void expect_all_as_told() {
    await_redis();
    await_redis();
    expect_as_told(world_, *server_, calls_);
  }

  // By default Redis answers before it has written while it fsyncs, and being killed may then lose turns.
  World world_{kRedisAndMySql, {.redis = {.appendfsync = "always"}}};
  std::unique_ptr<ChatsyncProcess> server_;
  std::vector<Call> calls_;
};

TEST_F(RedisRewind, RestartedEmptyItGoesOnFromTheStore) {
  ask_some("a", 15);
  ask_some("b", 3);
  await_redis();
  world_.redis().kill9();
  std::filesystem::remove_all(append_only_files());
  world_.redis().start();
  ask_some("a", 3);
  ask_some("b", 3);
  expect_all_as_told();
  EXPECT_EQ(stored_seqs(world_, "a"), one_to(18));
}

TEST_F(RedisRewind, OlderThanTheStoreItGoesOnAboveIt) {
  ask_some("a", 5);
  ask_some("b", 12);
  await_redis();
  take_copy();
  await_redis();
  ask_some("a", 7);
  ask_some("b", 20);
  ask_some("c", 2);
  await_redis();
  go_back_to_copy();
  for (const char* session : {"a", "b", "c"}) ask_some(session, 3);
  expect_all_as_told();
  EXPECT_EQ(stored_seqs(world_, "b"), one_to(35));
}

TEST_F(RedisRewind, TurnsThatWaitAgainAreKnownAgain) {
  ask_some("a", 5);
  await_redis();
  ask_some("a", 4);
  take_copy();
  await_redis();
  ask_some("a", 2);
  await_redis();
  go_back_to_copy();
  ask_some("a", 3);
  expect_all_as_told();
  EXPECT_EQ(stored_seqs(world_, "a"), one_to(14));
}

TEST_F(RedisRewind, AHalfTransactionLeftByACrashIsNotCarriedOutLater) {
  ask_some("a", 3);
  world_.redis().kill9();
  append_half_a_transaction("a", 4);
  world_.redis().start();
  ask_some("a", 2);
  world_.redis().kill9();
  world_.redis().start();
  ask_some("a", 1);
  expect_all_as_told();
  EXPECT_EQ(stored_seqs(world_, "a"), one_to(6));
}

TEST_F(RedisRewind, UnderLoadNoNumberIsGivenTwice) {
  RecordedLoad load(gentle_load({server_->port()}, {"a", "b", "c"}));
  await_more(load, 60);
  await_redis();
  take_copy();
  await_redis();
  await_more(load, 60);
  // What is only in Redis when it goes back is lost with it, as its durability says; so all is synced first.
  const std::vector<Call> before = load.finish();
  await_redis();
  go_back_to_copy();
  RecordedLoadPlan plan = gentle_load({server_->port()}, {"a", "b", "c"});
  plan.tag = "then";
  RecordedLoad after(plan);
  await_more(after, 60);
  calls_ = after.finish();
  calls_.insert(calls_.end(), before.begin(), before.end());
  expect_all_as_told();
}

}  // namespace
}  // namespace chatsync::test
