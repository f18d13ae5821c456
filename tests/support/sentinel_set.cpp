#include "support/sentinel_set.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <utility>

#include "support/eventually.hpp"
#include "support/ports.hpp"

namespace chatsync::test {
namespace {

void await(const char* what, const std::function<bool()>& holds) {
  if (!eventually(holds)) throw std::runtime_error(std::string("does not happen: ") + what);
}

RedisServer::Options replica_of(const RedisServer& master, RedisServer::Options options) {
  options.extra.insert(options.extra.end(), {"--replicaof", master.host(), std::to_string(master.port())});
  // The default of 5 s is for many replicas that share one transfer.
  options.extra.insert(options.extra.end(), {"--repl-diskless-sync-delay", "0"});
  return options;
}

RedisServer::Options quick_to_replicate(RedisServer::Options options) {
  options.extra.insert(options.extra.end(), {"--repl-diskless-sync-delay", "0"});
  if (!options.password.empty()) {
    options.extra.insert(options.extra.end(), {"--masterauth", options.password});
  }
  return options;
}

std::string replication_of(RespClient client) { return client.command({"INFO", "replication"}).text; }

bool has_field(RespClient client, const std::string& line) {
  return replication_of(std::move(client)).find(line) != std::string::npos;
}

/// How much of the stream of writes a server has: a replica's own, or what a master has made.
std::int64_t offset_in(const std::string& replication, const std::string& field) {
  const std::size_t at = replication.find(field + ":");
  if (at == std::string::npos) return -1;
  return std::stoll(replication.substr(at + field.size() + 1));
}

}  // namespace

Sentinel::Sentinel(const RedisServer& master, Options options) : options_(std::move(options)) {
  for (int attempt = 0; attempt < 20; ++attempt) {
    port_ = free_port();
    if (try_start(master)) return;
  }
  throw std::runtime_error("redis-sentinel does not start: " + read_file(directory_ / "stdout"));
}

bool Sentinel::try_start(const RedisServer& master) {
  // It keeps what it learns in its file. Half a second without an answer is the end of a master; the
  // time-out of a failover also keeps it from telling a replica whom to follow for so long.
  std::string config = fmt::format(
      "port {}\nbind 127.0.0.1\ndir {}\ndaemonize no\n"
      "sentinel monitor {m} {} {} 1\nsentinel down-after-milliseconds {m} 500\n"
      "sentinel failover-timeout {m} 60000\n",
      port_, directory_.path().string(), master.host(), master.port(), fmt::arg("m", kMaster));
  if (!options_.password.empty()) config += fmt::format("requirepass {}\n", options_.password);
  if (!options_.master_password.empty()) {
    config += fmt::format("sentinel auth-pass {} {}\n", kMaster, options_.master_password);
  }
  write_file(directory_ / "sentinel.conf", config);
  process_.emplace(Command{.program = redis_program(),
                           .arguments = {(directory_ / "sentinel.conf").string(), "--sentinel"},
                           .name = "redis-sentinel",
                           .working_directory = directory_.path(),
                           .output_directory = directory_.path()});
  eventually([&] {
    if (!process_->running()) return true;
    try {
      return client().command({"PING"}).text == "PONG";
    } catch (const std::runtime_error&) {
      return false;
    }
  });
  return process_->running();
}

RespClient Sentinel::client() const {
  RespClient client("127.0.0.1", port_);
  if (!options_.password.empty()) client.command({"AUTH", options_.password});
  return client;
}

std::uint16_t Sentinel::master_port() const {
  const auto address = client().strings({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", kMaster});
  return static_cast<std::uint16_t>(std::stoi(address.at(1)));
}

void Sentinel::kill9() {
  process_->signal(SIGKILL);
  process_->wait(kPatience);
}

void Sentinel::freeze() const { process_->signal(SIGSTOP); }
void Sentinel::thaw() const { process_->signal(SIGCONT); }

SentinelSet::SentinelSet(int sentinels, RedisServer::Options servers)
    : options_(quick_to_replicate(std::move(servers))),
      master_(options_),
      replica_(replica_of(master_, options_)) {
  await_in_step();
  for (int i = 0; i < sentinels; ++i) {
    sentinels_.push_back(
        std::make_unique<Sentinel>(master_, Sentinel::Options{.master_password = options_.password}));
  }
  await_known_replica();
}

std::string SentinelSet::addresses() const {
  std::string list;
  for (const auto& sentinel : sentinels_) list += (list.empty() ? "" : ",") + sentinel->address();
  return list;
}

void SentinelSet::await_in_step() {
  // WAIT would not do: it waits for the writes of its own connection alone.
  const std::int64_t written = offset_in(replication_of(master_.client()), "master_repl_offset");
  await("the replica is in step", [&] {
    const std::string replica = replication_of(replica_.client());
    return replica.find("master_link_status:up") != std::string::npos &&
           offset_in(replica, "slave_repl_offset") >= written;
  });
}

void SentinelSet::await_known_replica() {
  for (const auto& sentinel : sentinels_) {
    await("a Sentinel knows the replica", [&] {
      const RespValue replicas = sentinel->client().command({"SENTINEL", "REPLICAS", Sentinel::kMaster});
      if (replicas.array.size() != 1) return false;
      const std::vector<RespValue>& fields = replicas.array[0].array;
      for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
        if (fields[i].text == "master-link-status") return fields[i + 1].text == "ok";
      }
      return false;
    });
  }
}

void SentinelSet::cut_replication() {
  replica_.client().command({"REPLICAOF", "127.0.0.1", std::to_string(free_port())});
}

void SentinelSet::fail_over() {
  master_.kill9();
  for (const auto& sentinel : sentinels_) {
    await("the Sentinels make the replica master",
          [&] { return sentinel->master_port() == replica_.port(); });
  }
  failed_over_ = true;
  await("the replica takes its promotion", [&] { return has_field(replica_.client(), "role:master"); });
}

}  // namespace chatsync::test
