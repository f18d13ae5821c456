// Reading is one round trip; the judgement below is plain text in, plain text out.
#include "redis/doctor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>

#include "redis/append_only_file.hpp"
#include "redis/check_redis.hpp"
#include "redis/info.hpp"

namespace chatsync::redis {
namespace {

constexpr std::array kSections = {"server", "memory", "persistence", "replication"};
constexpr std::array kConfig = {
    "appendfsync",          "save", "no-appendfsync-on-rewrite", "min-replicas-to-write",
    "min-replicas-max-lag", "dir"};

constexpr std::int64_t kNearlyFullPercent = 80;
constexpr std::int64_t kMiB = 1024L * 1024;

std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// How to reach the same server by hand, as someone who may change it. A password is asked for rather than
/// shown.
std::string redis_cli(const RedisFacts& facts, const Settings::Redis& settings) {
  std::string command = "redis-cli";
  if (!settings.socket.empty()) {
    command += fmt::format(" -s {}", settings.socket.string());
  } else {
    // Through Sentinels only the name of the connection tells where it led.
    const std::string place = facts.name.substr(facts.name.rfind(' ') + 1);
    const std::size_t colon = place.rfind(':');
    command += fmt::format(" -h {} -p {}", place.substr(0, colon), place.substr(colon + 1));
  }
  if (settings.tls) command += " --tls";
  if (!settings.tls_ca.empty()) command += fmt::format(" --cacert {}", settings.tls_ca.string());
  if (facts.config_refused) return command + " --user ADMINISTRATOR --askpass";
  if (!settings.username.empty()) command += fmt::format(" --user {}", settings.username);
  if (!settings.password.empty()) command += " --askpass";
  return command;
}

class Judge {
 public:
  Judge(const RedisFacts& facts, const Settings::Redis& settings)
      : facts_(facts), settings_(settings), cli_(redis_cli(facts, settings)) {}

  Diagnosis judge() {
    out_.subject = fmt::format("{}, version {}", facts_.name, info("redis_version"));
    version();
    eviction();
    if (info("aof_enabled") == "1") {
      append_only_file();
    } else {
      no_append_only_file();
    }
    snapshots();
    replicas();
    memory();
    if (facts_.config_refused) {
      note(
          "CONFIG is not allowed to this user, so these could not be seen: appendfsync, save, "
          "no-appendfsync-on-rewrite, min-replicas-to-write");
    }
    return std::move(out_);
  }

 private:
  std::string_view info(std::string_view name) const { return info_field(facts_.info, name); }
  /// Empty if it is not known.
  std::string_view config(std::string_view name) const {
    const auto found = facts_.config.find(name);
    return found == facts_.config.end() ? std::string_view() : found->second;
  }
  bool knows(std::string_view name) const { return facts_.config.contains(name); }

  void find(std::string what, std::string risk, std::string mend) {
    out_.findings.push_back({std::move(what), std::move(risk), std::move(mend)});
  }
  void note(std::string text) { out_.notes.push_back(std::move(text)); }
  std::string config_set(std::string_view setting) const {
    return fmt::format("{} config set {}", cli_, setting);
  }

  void version() {
    if (check_info("", fmt::format("redis_version:{}", info("redis_version")), "")) return;
    find(fmt::format("this is version {}", info("redis_version")),
         "chatsync uses commands that it does not have, and refuses to start", "install Redis 6.2 or later");
  }

  void eviction() {
    const std::string_view policy = info("maxmemory_policy");
    if (policy.empty())
      note("the server does not tell its maxmemory-policy: make sure that it is noeviction");
    if (policy.empty() || policy == "noeviction") return;
    find(fmt::format("maxmemory-policy is {}", policy),
         "when memory is full, Redis throws away accepted turns that are not in the store yet, without a "
         "word; chatsync refuses to start",
         config_set("maxmemory-policy noeviction"));
  }

  void append_only_file() {
    const std::string_view fsync = config("appendfsync");
    if (info("aof_last_write_status") == "err") {
      find("the last write to the append-only file failed",
           "accepted turns are in memory only, and Redis refuses new ones until it can write again",
           free_disk());
    }
    if (fsync == "no") {
      find("appendfsync is no",
           "if the machine fails, the turns of some 30 seconds are lost, as far as they are not in the store",
           config_set("appendfsync everysec"));
    }
    if (fsync == "everysec") {
      note(fmt::format(
          "appendfsync is everysec: if the machine fails, the turns of the last second or two "
          "are lost, as far as they are not in the store. `{}` closes that window and costs speed",
          config_set("appendfsync always")));
    }
    if (config("no-appendfsync-on-rewrite") == "yes") {
      find("no-appendfsync-on-rewrite is yes",
           "while Redis rewrites its file, turns are not forced to disk: if the machine fails then, those of "
           "some 30 seconds are lost",
           config_set("no-appendfsync-on-rewrite no"));
    }
    if (may_end_in_half_a_transaction(facts_.info)) {
      find("this user may not have the append-only file rewritten, and Redis has not done so since its start",
           "if Redis had crashed before that start, what a transaction had half written to the file is "
           "carried out at the next one: a turn that was refused comes back under the number of another",
           fmt::format("{} bgrewriteaof", cli_));
    }
    if (info("aof_last_bgrewrite_status") == "err") {
      find("the last rewrite of the append-only file failed",
           "the file grows until the disk is full, and then no turn is accepted", free_disk());
    }
  }

  void no_append_only_file() {
    const std::string mend = config_set("appendonly yes");
    if (knows("save") && config("save").empty()) {
      find("appendonly is no, and there are no snapshots: nothing is written to disk",
           "every turn that is not in the store yet is lost when Redis stops", mend);
    } else {
      find("appendonly is no: there are at most snapshots",
           "every turn since the last snapshot that is not in the store yet is lost when Redis stops", mend);
    }
  }

  void snapshots() {
    if (info("rdb_last_bgsave_status") != "err") return;
    find("the last snapshot failed",
         "Redis refuses all writes (stop-writes-on-bgsave-error), so that no turn is accepted", free_disk());
  }

  void replicas() {
    const std::int64_t connected = number(info("connected_slaves"));
    // A lag of 0 switches the whole rule off.
    const bool on = number(config("min-replicas-max-lag")) > 0;
    const std::int64_t needed = on ? number(config("min-replicas-to-write")) : 0;
    if (connected > 0 && knows("min-replicas-to-write") && needed == 0) {
      find(
          fmt::format("there {} {} replica{}, but min-replicas-to-write is 0", connected == 1 ? "is" : "are",
                      connected, connected == 1 ? "" : "s"),
          "a master that is cut off from its replicas goes on accepting turns, and all of them are lost when "
          "a replica takes its place",
          fmt::format("{} && {}", config_set("min-replicas-to-write 1"),
                      config_set("min-replicas-max-lag 2")));
    }
    if (needed > number(info("min_slaves_good_slaves"))) {
      find(fmt::format("min-replicas-to-write is {}, but {} replicas are in step", needed,
                       number(info("min_slaves_good_slaves"))),
           "Redis refuses all writes, so that no turn is accepted there",
           fmt::format("start the replicas, or: {}", config_set("min-replicas-to-write 0")));
    }
    if (!settings_.sentinels.empty() && connected == 0) {
      find("Sentinels watch this master, but it has no replica",
           "there is nothing that could take its place: when it fails, Redis is away",
           fmt::format("redis-cli -h HOST_OF_REPLICA replicaof {}", address_words()));
    }
  }

  void memory() {
    const std::int64_t most = number(info("maxmemory"));
    const std::int64_t used = number(info("used_memory"));
    const std::int64_t machine = number(info("total_system_memory"));
    if (info("maxmemory").empty()) return note("the server does not tell its maxmemory");
    if (most == 0) {
      // A fork that saves may need as much again for what is written meanwhile.
      const std::int64_t half = std::max(machine / 2, used * 2) / kMiB;
      return find("maxmemory is 0: there is no limit",
                  "when the store is away for long, Redis grows until the system kills it; with a limit it "
                  "refuses new turns instead and keeps those it has",
                  config_set(machine > 0 ? fmt::format("maxmemory {}mb", half) : "maxmemory BYTES"));
    }
    if (used < most / 100 * kNearlyFullPercent) return;
    find(fmt::format("{} of {} MiB of maxmemory are in use", used / kMiB, most / kMiB),
         "when it is full, no turn is accepted until a drain has freed some",
         fmt::format("see whether the drains succeed, or: {}",
                     config_set(fmt::format("maxmemory {}mb", most * 2 / kMiB))));
  }

  std::string free_disk() const {
    const std::string_view directory = config("dir");
    return fmt::format("free some space for {} on Redis' machine, and see its log",
                       directory.empty() ? "its directory" : directory);
  }

  /// "host port".
  std::string address_words() const {
    std::string place = facts_.name.substr(facts_.name.rfind(' ') + 1);
    if (const std::size_t colon = place.rfind(':'); colon != std::string::npos) place[colon] = ' ';
    return place;
  }

  const RedisFacts& facts_;
  const Settings::Redis& settings_;
  const std::string cli_;
  Diagnosis out_;
};

}  // namespace

AsyncResult<RedisFacts> read_redis_facts(RedisConnection* connection) {
  Result<Replies> replies = co_await connection->execute([](CommandEncoder& out) {
    for (const char* section : kSections) out.command({"INFO", section});
    for (const char* name : kConfig) out.command({"CONFIG", "GET", name});
  });
  if (!replies) co_return failure_of(std::move(replies));
  RedisFacts facts{.name = connection->name()};
  for (std::size_t i = 0; i < replies->size(); ++i) {
    const ReplyView reply = (*replies)[i].view();
    if (i < kSections.size()) {
      if (reply.is_error()) co_return std::unexpected(connection->error_of(reply));
      facts.info += fmt::format("{}\r\n", reply.text_or(""));
    } else if (reply.is_error()) {
      facts.config_refused = true;
    } else if (reply.size() == 2) {
      facts.config.emplace(kConfig[i - kSections.size()], reply[1].text_or(""));
    }
  }
  co_return facts;
}

Diagnosis judge_redis(const RedisFacts& facts, const Settings::Redis& settings) {
  return Judge(facts, settings).judge();
}

}  // namespace chatsync::redis
