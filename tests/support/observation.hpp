#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace chatsync::test {

struct StoredTurn {
  std::string session_id;
  std::string turn_id;
  std::string question;
  std::string answer;
  std::string created_at;  ///< As the API writes it.
  std::int64_t timestamp_us = 0;
  std::optional<std::int64_t> seq;
};

/// What the cache has of a session.
struct CachedTurns {
  std::optional<std::int64_t> count;
  std::vector<std::string> history;  ///< The ids of its turns, oldest first.
  std::int64_t pending = 0;
};

/// GET /sessions/{id}/stats.
struct SessionStats {
  std::int64_t question_count = 0;
  std::optional<std::int64_t> cache;
  std::optional<std::int64_t> store;
  std::int64_t pending = 0;
  std::int64_t synced = 0;
  std::int64_t history_length = 0;
};

/// What store, cache and server hold at rest, looked at from outside.
struct Observation {
  std::vector<StoredTurn> turns;
  std::map<std::string, std::int64_t> question_counts;           ///< Of chat_sessions, by session.
  std::map<std::string, std::vector<std::string>> dead_letters;  ///< Payloads, by session.
  std::map<std::string, CachedTurns> cache;                      ///< Sessions that the cache holds.
  std::map<std::string, SessionStats> stats;
  std::vector<std::string> leftovers;  ///< Keys and rows that none should be left of, by name.
};

}  // namespace chatsync::test
