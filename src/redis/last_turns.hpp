#pragma once

#include <cstddef>
#include <cstdint>
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

/// What a recorder remembers of the turns that it has recorded: of half a million sessions, and then of those
/// whose last turn was the latest. It grows with the sessions, up to 13 MiB. Whoever uses it must not depend
/// on it: it may have forgotten, and others may have recorded since.
class LastTurns {
 public:
  /// The session's last turn, which is forgotten by this: until the turn after it is remembered, nobody knows
  /// what comes next.
  std::optional<LastTurn> take(std::string_view session_id);
  void remember(std::string_view session_id, LastTurn turn);
  void forget_all();

 private:
  // So few places that all are looked at in turn, and so many that no session is forgotten long before
  // others.
  static constexpr std::size_t kBuckets = 16'384;
  static constexpr std::size_t kPlaces = 32;

  struct Place {
    std::uint64_t session = 0;  ///< A hash of its id.
    std::int64_t timestamp_us = 0;
    std::uint32_t count = 0;  ///< 0: none.
    bool shared = false;
  };
  using Bucket = std::vector<Place>;

  std::vector<Bucket> buckets_;  ///< None until something is to be remembered.
};

}  // namespace chatsync::redis
