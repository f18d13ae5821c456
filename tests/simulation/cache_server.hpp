#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "chat/pending_turns.hpp"
#include "chat/turn_cache.hpp"
#include "simulation/world.hpp"

namespace chatsync::simulation {

/// What the cache holds of a session.
struct CachedState {
  std::optional<std::int64_t> count;
  std::vector<Turn> history;
  std::map<std::int64_t, Turn> pending;  ///< By time stamp.
  std::set<std::int64_t> broken;         ///< Pending, and nothing that a turn could be made of.
  Session own;                           ///< Without its count.
  bool unsynced = false;
  std::int64_t settled_us = 0;                  ///< No unsettled turn of a later time was numbered.
  std::map<std::int64_t, SettledTurn> settled;  ///< By the store's time stamp, until they are forgotten.
  std::optional<Micros> expires_at;

  bool has_pending() const { return !pending.empty() || !broken.empty(); }
};

/// What a Redis process has in its memory.
struct CacheMemory {
  std::map<std::string, CachedState> sessions;
  std::set<std::string> dirty;
  std::map<std::string, Micros> erased;  ///< Marks that keep erased sessions out, with the time of their end.
};

/// The cache as a model: the steps of the Lua scripts, each atomic, on plain containers.
class CacheServer {
 public:
  CacheServer(const World& world, Micros session_ttl) : world_(world), session_ttl_(session_ttl) {}

  // The steps. Each is one script.
  RecordOutcome record(Turn turn, SessionPresence presence);
  std::vector<SettledTurn> seed(const SessionSeed& seed);
  void forget_settled(const std::string& session_id, const std::vector<std::int64_t>& timestamps_us);
  bool create(const Session& session);
  std::optional<CachedSession> find(const std::string& session_id);
  std::vector<Turn> history(const std::string& session_id);
  std::vector<Turn> pending(const std::string& session_id, const TurnPage& page);
  std::vector<Session> unsynced_sessions_of(const std::string& user_id);
  std::size_t erase(const std::string& session_id);
  std::size_t acknowledge(const TurnBatch& batch);

  // What a pass and a walk read.
  std::vector<std::string> dirty_sessions() const;
  /// Marks what the index does not name.
  std::vector<std::string> sweep();
  std::vector<std::int64_t> members(const std::string& session_id);
  /// The session's own data, and whether they are unsynced.
  std::pair<Session, bool> own_data(const std::string& session_id);
  std::vector<std::string> session_ids();

  CacheMemory& memory() { return memory_; }
  static std::string key_of(const std::string& session_id, std::int64_t timestamp_us);

  /// A program that writes the documented keys by itself: a turn without a number, or one that is none.
  void write_as_stranger(const Turn& turn, bool broken, bool marks_dirty);

  /// The process was replaced by one with this memory.
  void restart(CacheMemory memory);
  std::uint64_t lineage() const { return lineage_; }

  bool up = true;

 private:
  bool is_marked_erased(const std::string& session_id) const;
  CachedState* find_state(const std::string& session_id);
  void mark_dirty(const std::string& session_id, CachedState& state);
  void let_expire_if_idle(const std::string& session_id, CachedState& state);
  void append_history(CachedState& state, const Turn& turn);

  const World& world_;
  const Micros session_ttl_;
  CacheMemory memory_;
  std::uint64_t lineage_ = 1;
};

}  // namespace chatsync::simulation
