#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "chat/turn_cache.hpp"
#include "embedded/journal.hpp"
#include "embedded/journal_upkeep.hpp"
#include "embedded/session_index.hpp"

namespace chatsync::embedded {

/// When clean sessions leave the cache.
struct EvictionLimits {
  SteadyTime::duration session_ttl{};
  std::size_t max_clean_sessions = 0;

  bool expired(const SessionEntry& entry, SteadyTime now) const {
    return entry.clean_since && now - *entry.clean_since >= session_ttl;
  }
};

/// One session's part of an acknowledgement.
struct SessionAcknowledgement {
  std::string_view session_id;
  std::vector<std::int64_t> turns;  ///< Time stamps, ascending.
  const Session* stored = nullptr;  ///< The session's own data as the store has them, or null.
};

/// Everything that changes the cache. Between begin() and commit() the changes of many callers go into one
/// transaction of the journal; those that follow see those before, and nobody else sees any of them until the
/// commit has succeeded. After discard(), and after a failed commit, nothing of them remains.
///
/// Used by one thread, the only one that changes the index; it does so under the mutex that readers hold. A
/// change that returns an error has left the transaction unusable: discard it.
class SessionGroup {
 public:
  /// Where numbering goes on.
  struct LastRows {
    std::int64_t session = 0;
    std::int64_t turn = 0;
  };

  /// `upkeep` knows what the last process left to do.
  SessionGroup(JournalWriter journal, SessionIndex& index, std::mutex& index_mutex, EvictionLimits limits,
               LastRows last_rows, JournalUpkeep upkeep);
  ~SessionGroup();

  /// `nobody_waits`: for this group, which then does more of the journal's upkeep.
  Result<void> begin(bool nobody_waits);
  /// Commits and publishes.
  Result<void> commit();
  void discard();

  /// `now` is the caller's time; the group's own never goes back.
  Result<RecordOutcome> record(const Turn& turn, SessionPresence presence, SteadyTime now);
  Result<std::vector<SettledTurn>> seed(SessionSeed& seed, SteadyTime now);
  Result<void> forget_settled(const std::string& session_id, const std::vector<std::int64_t>& timestamps_us,
                              SteadyTime now);
  Result<bool> create(Session& session, SteadyTime now);
  Result<std::size_t> acknowledge(const SessionAcknowledgement& acknowledgement, SteadyTime now);
  Result<std::size_t> erase(const std::string& session_id, SteadyTime now);

  /// Whether there is upkeep left to do; each group does some.
  bool has_upkeep() const { return upkeep_.has_work(); }

  /// Outside of a transaction: succeeds if the journal can be written.
  Result<void> probe() { return journal_.probe(); }

  /// The last row of a committed turn, and of a session. Guarded by the index' mutex.
  LastRows published_rows() const { return published_rows_; }

 private:
  struct Draft;

  bool is_erased(const std::string& session_id) const;
  void forget_erasures();
  Result<void> evict();
  /// Null if the session is not cached, as far as the group has come.
  Result<Draft*> find(std::string_view session_id, SteadyTime now);
  Draft& draft_of(std::string_view session_id, SessionEntry* committed);
  Result<Draft*> add_session(std::unique_ptr<SessionEntry> entry);
  Result<void> append(Draft& draft, const Turn& turn, std::optional<std::int64_t> seq,
                      std::int64_t timestamp_us, bool synced);
  Result<void> raise(Draft& draft, const SessionSeed& seed);
  Result<std::unordered_map<std::string, SettledTurn>> pending_turns(const Draft& draft);
  Result<void> number(Draft& draft, SessionSeed& seed);
  Result<void> remove_session(Draft& draft);
  void publish(Draft& draft);

  JournalWriter journal_;
  SessionIndex& index_;
  std::mutex& index_mutex_;
  const EvictionLimits limits_;
  SteadyTime now_{};
  LastRows last_rows_;
  LastRows published_rows_;
  JournalUpkeep upkeep_;
  std::unordered_map<std::string, Draft> drafts_;
  std::vector<std::int64_t> acknowledged_rows_;  ///< By the open transaction.
  /// Sessions erased in the last day: what a request knew of one before cannot bring it back. And in the
  /// order in which they were.
  std::unordered_set<std::string> erased_;
  std::deque<std::pair<SteadyTime, std::string>> erasures_;
};

}  // namespace chatsync::embedded
