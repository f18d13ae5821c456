#include "prove/observe.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/json.hpp>
#include <ctime>
#include <stdexcept>

namespace chatsync::test {
namespace {

// '.' follows '-', so that this is a range of the primary key.
std::string where(const Sessions& sessions) {
  if (sessions.prefix.empty()) return {};
  const std::string end = sessions.prefix.substr(0, sessions.prefix.size() - 1) + '.';
  return fmt::format(" WHERE session_id >= '{}' AND session_id < '{}'", sessions.prefix, end);
}

std::string as_the_api_writes(std::int64_t timestamp_us) {
  const std::time_t seconds = timestamp_us / 1'000'000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", parts, timestamp_us % 1'000'000);
}

void read_store(const World& world, const Sessions& sessions, Observation& seen) {
  for (const SqlRow& row : world.rows(
           "SELECT session_id, turn_id, question, answer, ts, seq FROM chat_messages" + where(sessions))) {
    const std::int64_t timestamp_us = std::stoll(row[4].value());
    seen.turns.push_back({.session_id = row[0].value(),
                          .turn_id = row[1].value(),
                          .question = row[2].value(),
                          .answer = row[3].value(),
                          .created_at = as_the_api_writes(timestamp_us),
                          .timestamp_us = timestamp_us,
                          .seq = row[5] ? std::optional(std::stoll(*row[5])) : std::nullopt});
  }
  for (const SqlRow& row :
       world.rows("SELECT session_id, question_count FROM chat_sessions" + where(sessions)))
    seen.question_counts[row[0].value()] = std::stoll(row[1].value());
  for (const SqlRow& row :
       world.rows("SELECT session_id, reason, payload FROM dead_letters" + where(sessions)))
    seen.dead_letters[row[0].value()].push_back(row[1].value() + ": " + row[2].value());
  for (const SqlRow& row : world.rows("SELECT session_id, ts FROM unsettled_turns" + where(sessions)))
    seen.leftovers.push_back(fmt::format("{} {} in unsettled_turns", row[0].value(), row[1].value()));
}

std::string turn_id_of(const std::string& history_entry) {
  return std::string(boost::json::parse(history_entry).at("turn_id").as_string());
}

void read_redis(const RedisServer& server, const Sessions& sessions, Observation& seen) {
  RespClient redis = server.client();
  for (const std::string& id : sessions.ids) {
    const std::string key = "session:" + id;
    const auto count = redis.get(key + ":count");
    const auto history = redis.strings({"LRANGE", key + ":history", "0", "-1"});
    const auto pending = redis.integer({"SCARD", key + ":pending_msgs"});
    if (redis.command({"ZSCORE", "sync:dirty", id}).kind != RespValue::Kind::nil)
      seen.leftovers.push_back(id + " in sync:dirty");
    if (!count && history.empty() && pending == 0) continue;
    CachedTurns& cached = seen.cache[id];
    if (count) cached.count = std::stoll(*count);
    for (const std::string& entry : history) cached.history.push_back(turn_id_of(entry));
    cached.pending = pending;
  }
  for (const std::string& key : redis.keys("session:" + sessions.prefix + "*:msg:*"))
    seen.leftovers.push_back(key);
}

// Each thread of the server has a connection to the cache of its own, which comes back in its own time.
HttpResponse get(HttpClient& client, const std::string& target) {
  HttpResponse response;
  const auto answered = [&] {
    response = client.get(target);
    return response.status == 200 || response.status == 404;
  };
  if (!eventually(answered)) throw std::runtime_error(target + ": " + response.body);
  return response;
}

void read_over_http(HttpClient& client, const std::string& id, bool embedded, Observation& seen) {
  const auto optional_count = [](const boost::json::value& value) {
    return value.is_null() ? std::nullopt : std::optional(value.as_int64());
  };
  const HttpResponse response = get(client, fmt::format("/sessions/{}/stats", id));
  if (response.status == 404) return;
  const boost::json::value stats = response.json();
  seen.stats[id] = {.question_count = stats.at("question_count").as_int64(),
                    .cache = optional_count(stats.at("question_count_cache")),
                    .store = optional_count(stats.at("question_count_store")),
                    .pending = stats.at("pending").as_int64(),
                    .synced = stats.at("synced").as_int64(),
                    .history_length = stats.at("history_length").as_int64()};
  if (!embedded) return;
  const HttpResponse page = get(client, fmt::format("/sessions/{}/messages?limit=10", id));
  CachedTurns& cached = seen.cache[id];
  cached.count = seen.stats[id].cache;
  cached.pending = seen.stats[id].pending;
  for (const boost::json::value& message : page.json().at("messages").as_array())
    cached.history.emplace_back(message.at("turn_id").as_string());
}

}  // namespace

Sessions make_sessions(const std::string& name, int count) {
  Sessions sessions{.prefix = name + '-'};
  for (int number = 0; number < count; ++number)
    sessions.ids.push_back(fmt::format("{}{}", sessions.prefix, number));
  return sessions;
}

void drain(HttpClient& client) {
  HttpResponse response;
  const auto drained = [&] {
    response = client.get("/sync_now");
    return response.status == 200;
  };
  if (!eventually(drained)) throw std::runtime_error("no drain succeeds: " + response.body);
}

Observation observe(World& world, HttpClient& client, const Sessions& sessions) {
  Observation seen;
  read_store(world, sessions, seen);
  if (world.combination().redis) read_redis(world.redis(), sessions, seen);
  for (const std::string& id : sessions.ids) read_over_http(client, id, !world.combination().redis, seen);
  return seen;
}

}  // namespace chatsync::test
