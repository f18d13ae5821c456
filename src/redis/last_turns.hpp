#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

namespace chatsync::redis {

/// The number and time stamp of a session's last turn.
struct LastTurn {
  std::int64_t count = 0;
  std::int64_t timestamp_us = 0;
  bool shared = false;  ///< Others record in the session too, so that the next turn cannot be foreseen.
};

/// What recorders remember of the turns that they have recorded: of half a million sessions, and then of
/// those whose last turn was the latest. It grows with the sessions, up to 13 MiB. Whoever uses it must not
/// depend on it: it may have forgotten, and others may have recorded since. What is remembered of one cache
/// is not known of another; `lineage` tells them apart. Any thread: the recorders of a process share one, for
/// a session's turns come over any connection.
class LastTurns {
 public:
  LastTurns();

  /// The session's last turn, which is forgotten by this: until the turn after it is remembered, nobody knows
  /// what comes next.
  std::optional<LastTurn> take(std::uint64_t lineage, std::string_view session_id);
  void remember(std::uint64_t lineage, std::string_view session_id, LastTurn turn);

 private:
  // So few places that all are looked at in turn, and so many that no session is forgotten long before
  // others.
  static constexpr std::size_t kBuckets = 16'384;
  static constexpr std::size_t kPlaces = 32;
  // So many that two threads are seldom at the same.
  static constexpr std::size_t kLocks = 64;

  struct Place {
    std::uint64_t session = 0;  ///< A hash of the cache's lineage and its id.
    std::int64_t timestamp_us = 0;
    std::uint32_t count = 0;  ///< 0: none.
    bool shared = false;
  };
  using Bucket = std::vector<Place>;

  std::mutex& lock_of(std::uint64_t session) { return locks_[session % kBuckets % kLocks]; }

  /// Each for the buckets of its number, and those kLocks further on.
  std::array<std::mutex, kLocks> locks_;
  std::vector<Bucket> buckets_;
};

}  // namespace chatsync::redis
