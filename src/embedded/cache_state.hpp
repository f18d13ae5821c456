#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "embedded/commit_thread.hpp"
#include "embedded/embedded_turn_cache.hpp"
#include "embedded/journal.hpp"
#include "embedded/session_group.hpp"
#include "embedded/session_index.hpp"
#include "sql/connection_threads.hpp"

namespace chatsync::embedded {

/// What the cache is made of. The commit thread alone changes the index, under the mutex; everybody reads it
/// under the mutex; texts are read from the journal outside of it.
struct EmbeddedTurnCache::State {
  State(EvictionLimits eviction, const Clock& time, std::vector<JournalReader> reading)
      : limits(eviction), clock(time), readers(std::move(reading)) {}

  /// The session, unless it has expired. Requires the mutex.
  const SessionEntry* find(std::string_view session_id) const {
    const SessionEntry* entry = index.find(session_id);
    return entry == nullptr || limits.expired(*entry, clock.steady_now()) ? nullptr : entry;
  }

  const EvictionLimits limits;
  const Clock& clock;
  std::mutex mutex;
  SessionIndex index;  // guarded by mutex
  sql::ConnectionThreads<JournalReader> readers;
  std::unique_ptr<CommitThread> commits;  // last: its thread uses the index
};

}  // namespace chatsync::embedded
