#pragma once

#include <array>
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

/// What a recorder remembers of the turns that it has recorded: a table of fixed size (2.6 MiB) in which a
/// session has one of a few places, and takes that of another one if there is no other. Whoever uses it must
/// not depend on it: it may have forgotten, and others may have recorded since.
class LastTurns {
 public:
  /// The session's last turn, which is forgotten by this: until the turn after it is remembered, nobody knows
  /// what comes next.
  std::optional<LastTurn> take(std::string_view session_id);
  void remember(std::string_view session_id, LastTurn turn);
  void forget_all();

 private:
  static constexpr std::size_t kBuckets = 16'384;
  static constexpr std::size_t kPlaces = 5;

  struct Place {
    std::uint64_t session = 0;  ///< A hash of its id.
    LastTurn turn;              ///< A count of 0: none.
  };
  struct Bucket {
    std::array<Place, kPlaces> places;
    std::uint8_t next = 0;  ///< The place to be given to a session that has none.
  };

  std::vector<Bucket> buckets_;  ///< Empty until something is to be remembered.
};

}  // namespace chatsync::redis
