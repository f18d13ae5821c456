#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "chat/turn.hpp"

namespace chatsync::embedded {

/// A turn in the journal: when, in which row, and whether the store has it. 16 bytes, since there may be
/// millions.
class TurnRef {
 public:
  TurnRef(std::int64_t timestamp_us, std::int64_t row, bool synced)
      : timestamp_us_(timestamp_us), row_(synced ? -row : row) {}

  std::int64_t timestamp_us() const { return timestamp_us_; }
  std::int64_t row() const { return std::abs(row_); }
  bool synced() const { return row_ < 0; }
  void mark_synced() { row_ = -row(); }

 private:
  std::int64_t timestamp_us_;
  std::int64_t row_;  // > 0; negated once synced
};

/// A session's turns, oldest first: by time stamp, which is also the order of rows. Turns leave at the front,
/// in constant time on average.
class TurnList {
 public:
  std::span<const TurnRef> all() const { return std::span(turns_).subspan(front_); }

  /// The first turn that the store does not have; null if there is none.
  const TurnRef* first_pending() const;

  /// The turns later than `timestamp_us`.
  std::span<const TurnRef> after(std::int64_t timestamp_us) const;

  /// The place in all() of the turn with that time stamp.
  std::optional<std::size_t> find(std::int64_t timestamp_us) const;

  void append(TurnRef turn) { turns_.push_back(turn); }
  void mark_synced(std::size_t place) { turns_[front_ + place].mark_synced(); }
  void drop_front(std::size_t count);

 private:
  std::vector<TurnRef> turns_;
  std::size_t front_ = 0;
};

/// A cached session. The list holds at least its last kHistoryTurns turns, as far as the cache was told of
/// them, and every pending one.
struct SessionEntry {
  std::int64_t row = 0;  ///< Of the journal's table of sessions; never used again for another session.
  Session session;
  std::int64_t last_turn_us = 0;  ///< 0: no turns.
  bool unsynced = false;          ///< The store may not have its owner and title.
  TurnList turns;
  std::size_t pending = 0;
  std::int64_t settled_us = 0;       ///< No later turn of those that the store took was numbered here.
  std::vector<SettledTurn> settled;  ///< What such turns were given, until the store has committed it.
  /// Set while nothing of the session waits for the store.
  std::optional<SteadyTime> clean_since;
  std::int64_t waiting_since_us = 0;  ///< Since when something does; 0 if nothing does.
  std::list<SessionEntry*>::iterator clean_place;
};

/// What the cache holds, as far as it is committed. Not thread-safe: see EmbeddedTurnCache::State.
class SessionIndex {
 public:
  SessionEntry* find(std::string_view session_id) const;
  SessionEntry& insert(std::unique_ptr<SessionEntry> entry);

  /// Returns the turns whose rows are left behind.
  TurnList remove(SessionEntry& entry);

  /// Call after `pending` or `unsynced` of an entry have changed: keeps the lists below and the totals.
  void refile(SessionEntry& entry, std::size_t pending_before, SteadyTime now);

  /// The session with something to sync that has the lowest row of at least `row`; null if there is none.
  SessionEntry* first_dirty_from(std::int64_t row) const;

  /// The sessions with nothing to sync, the longest clean first.
  const std::list<SessionEntry*>& clean_sessions() const { return clean_; }

  std::vector<Session> dirty_sessions_of(std::string_view user_id) const;

  std::size_t pending() const { return pending_; }

  /// The earliest `waiting_since_us`; nothing if no session waits.
  std::optional<std::int64_t> waiting_since_us() const;

  std::vector<std::string> session_ids() const;

 private:
  void file_by_age(SessionEntry& entry);

  // The keys are parts of the entries.
  std::unordered_map<std::string_view, std::unique_ptr<SessionEntry>> sessions_;
  std::map<std::int64_t, SessionEntry*> dirty_;
  std::list<SessionEntry*> clean_;  // the longest clean first
  std::map<std::pair<std::string_view, std::int64_t>, SessionEntry*> dirty_by_user_;  // and row
  std::set<std::pair<std::int64_t, std::int64_t>> waiting_;                           // since when, and row
  std::size_t pending_ = 0;
};

}  // namespace chatsync::embedded
