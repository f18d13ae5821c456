#pragma once

#include <string_view>

#include "chat/turn.hpp"

namespace chatsync::service {

enum class Durability {
  cached,  ///< The reply comes when the cache has accepted the turn.
  synced,  ///< The reply comes when the store has committed it.
};

constexpr std::string_view to_string(Durability durability) {
  return durability == Durability::synced ? "synced" : "cached";
}

/// A turn as it was recorded.
struct RecordedTurn {
  Turn turn;                                   ///< With its number and time stamp.
  Durability durability = Durability::cached;  ///< What was reached, which may be more than was asked for.
  /// The store took the turn in the cache's place, and the cache may hold turns that come before it: the
  /// number can still grow.
  bool provisional_count = false;
};

}  // namespace chatsync::service
