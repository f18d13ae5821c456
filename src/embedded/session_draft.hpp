#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "chat/turn.hpp"
#include "embedded/session_group.hpp"
#include "embedded/session_index.hpp"

namespace chatsync::embedded {

/// A session as the changes of a group have left it so far.
struct SessionGroup::Draft {
  SessionEntry* committed = nullptr;    ///< The published entry it goes on from,
  std::unique_ptr<SessionEntry> added;  ///< or the entry that the group adds.
  SessionEntry* removed = nullptr;      ///< The published entry that the group takes away.
  std::int64_t row = 0;
  std::int64_t count = 0;
  std::int64_t last_turn_us = 0;
  std::int64_t settled_us = 0;
  std::vector<SettledTurn> settled;
  std::vector<TurnRef> appended;
  std::vector<std::int64_t> acknowledged;  ///< Time stamps of committed turns, ascending.
  std::size_t dropped = 0;                 ///< Committed turns that leave at the front.
  bool own_data_synced = false;
  bool erased = false;
  std::vector<TurnRef> orphans;  ///< Turns that this group appended to a session and then removed with it.

  bool exists() const { return committed != nullptr || added != nullptr; }
};

}  // namespace chatsync::embedded
