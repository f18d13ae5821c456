#include "run/lab.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "run/machine.hpp"
#include "run/progress.hpp"

namespace chatsync::bench {

Database::Database(test::MariaDbServer& server, std::string name) : server_(&server), name_(std::move(name)) {
  server_->client().query("CREATE DATABASE " + name_);
}

Database::Database(Database&& other) noexcept
    : server_(std::exchange(other.server_, nullptr)), name_(std::move(other.name_)) {}

Database::~Database() {
  if (server_ == nullptr) return;
  try {
    server_->client().query("DROP DATABASE " + name_);
  } catch (const std::exception& failure) {
    show_progress(fmt::format("database {} stays: {}", name_, failure.what()));
  }
}

pid_t process_of(const test::RedisServer& redis) {
  const std::string info = redis.client().command({"INFO", "server"}).text;
  constexpr std::string_view kName = "process_id:";
  return std::stoi(info.substr(info.find(kName) + kName.size()));
}

pid_t process_of(const test::MariaDbServer& mariadb) {
  const auto rows = mariadb.client().query("SELECT @@pid_file");
  return std::stoi(test::read_file(rows.at(0).at(0).value()));
}

pid_t Stack::redis_process() const { return process_of(*redis); }
pid_t BareStack::redis_process() const { return process_of(*redis); }

std::unique_ptr<test::RedisServer> fresh_redis() {
  return std::make_unique<test::RedisServer>(
      test::RedisServer::Options{.extra = {"--auto-aof-rewrite-percentage", "0"}});
}

test::MariaDbServer& Lab::mariadb() {
  if (!mariadb_) {
    show_progress("MariaDB starts");
    mariadb_ = std::make_unique<test::MariaDbServer>(
        test::MariaDbServer::Options{.extra = {"--innodb-buffer-pool-size=1G", "--innodb-log-file-size=1G"}});
  }
  return *mariadb_;
}

Database Lab::database() { return {mariadb(), fmt::format("bench_{}", ++databases_)}; }

test::Environment Lab::store_settings(const Database& database) {
  return {{"MYSQL_SOCKET", mariadb().socket()}, {"MYSQL_USER", "root"}, {"MYSQL_DATABASE", database.name()}};
}

Database Lab::migrated_database() {
  Database migrated = database();
  serve(store_settings(migrated))->stop();
  return migrated;
}

Stack Lab::stack(const test::Environment& environment) {
  Stack stack{.redis = nullptr, .database = database(), .chatsync = nullptr};
  stack.redis = fresh_redis();
  stack.chatsync = serve_again(stack, environment);
  return stack;
}

std::unique_ptr<test::ChatsyncProcess> Lab::serve_again(const Stack& stack,
                                                        const test::Environment& environment) {
  test::Environment all = store_settings(stack.database);
  all.insert(environment.begin(), environment.end());
  all["REDIS_SOCKET"] = stack.redis->socket();
  return serve(std::move(all));
}

std::unique_ptr<test::ChatsyncProcess> Lab::embedded(const test::Environment& environment) const {
  return serve(environment);
}

std::unique_ptr<test::ChatsyncProcess> Lab::serve(test::Environment environment) const {
  return test::ChatsyncProcess::started({.environment = std::move(environment), .program = plan_.chatsync});
}

BareStack Lab::bare_stack(const std::string& mode) const {
  BareStack stack;
  stack.redis = fresh_redis();
  stack.output = std::make_unique<test::TempDir>();
  stack.bare_chat = std::make_unique<test::ChildProcess>(
      test::Command{.program = plan_.programs / "bare_chat",
                    .arguments = {"--redis-socket", stack.redis->socket(), "--mode", mode},
                    .output_directory = stack.output->path()});
  const std::string what = "listens on ";
  const auto line = stack.bare_chat->await_output_line(what, test::kPatience);
  if (!line) throw std::runtime_error("bare_chat does not start: " + stack.bare_chat->standard_error());
  stack.port = static_cast<std::uint16_t>(std::stoi(line->substr(line->find(what) + what.size())));
  return stack;
}

void Lab::interleave(const std::string& row, std::initializer_list<std::function<void()>> takes,
                     int rounds) const {
  const std::vector<std::function<void()>> order(takes);
  if (rounds == 0) rounds = plan_.rounds;
  for (int round = 0; round < rounds; ++round) {
    show_progress(fmt::format("{}: round {} of {}", row, round + 1, rounds));
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (!plan_.quick) touch_memory();
      order[round % 2 == 0 ? i : order.size() - 1 - i]();
    }
  }
}

test::Environment without_drains() {
  return {{"SYNC_INTERVAL", "86400"},
          {"SYNC_WATERMARK", "1000000000"},
          {"SYNC_SWEEP_INTERVAL", "86400"},
          {"MAX_PENDING_TURNS", "1000000000"},
          {"MAX_PENDING_BYTES", "1000000000000"}};
}

test::Environment with_drains_as_shipped() {
  test::Environment environment = without_drains();
  for (const char* schedule : {"SYNC_INTERVAL", "SYNC_WATERMARK", "SYNC_SWEEP_INTERVAL"}) {
    environment.erase(schedule);
  }
  return environment;
}

test::Environment with_drains_all_the_time() {
  test::Environment environment = without_drains();
  environment["SYNC_INTERVAL"] = "1";
  environment["SYNC_WATERMARK"] = "1";
  return environment;
}

}  // namespace chatsync::bench
