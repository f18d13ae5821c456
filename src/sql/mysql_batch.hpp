#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "chat/turn.hpp"

namespace chatsync::sql {

// The decisions of writing a batch, without a server.

/// A session as a batch carries it. `question_count` is the highest `seq` that the batch has of it, in turns
/// and dead letters, and not what the cache counts: later turns may still be pending, and at rest count, rows
/// and highest seq are the same. Only where the batch has nothing but dead letters of a session, whose
/// numbers may be unreadable, the cache's count is taken.
struct BatchSession {
  Session session;
  bool has_foreign_turns = false;  ///< Turns without `seq`: only counting the rows gives the count.
};

/// A batch in the order of primary keys, in which concurrent writers take locks without deadlocks. Points
/// into the batch it was made of.
struct OrderedBatch {
  std::vector<BatchSession> sessions;
  std::vector<const PendingTurn*> turns;  ///< By session, then time stamp.
  /// Sessions that only dead letters name, with the highest `seq` in these, or 0. The batch does not know
  /// enough of them to make their rows.
  std::map<std::string, std::int64_t> letter_sessions;
};

/// A turn whose session the batch does not list gets one made of the turn.
OrderedBatch order_batch(const TurnBatch& batch);

/// Half-open range of rows that go into one statement.
struct RowRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Cuts rows of the given sizes into statements of at most `max_bytes` and `max_rows`. A row that is larger
/// by itself stands alone.
std::vector<RowRange> split_rows(std::span<const std::size_t> row_bytes, std::size_t max_bytes,
                                 std::size_t max_rows);

/// Where a turn_id is stored.
struct StoredKey {
  std::string session_id;
  std::int64_t timestamp_us = 0;
  bool operator==(const StoredKey&) const = default;
};
using KeyByTurnId = std::unordered_map<std::string, StoredKey>;

/// The turns of `turns` that are stored under their turn_id nowhere: after an insert that went through,
/// somebody else has their (session, time stamp).
std::vector<const PendingTurn*> without_row(std::span<const PendingTurn* const> turns,
                                            const KeyByTurnId& stored);

/// A turn that the store cannot take, since another turn has its identity, and which.
struct Clash {
  const PendingTurn* turn = nullptr;
  std::string reason;
};

/// Finds the clashes among `turns` by what the store holds after they were inserted. `stored` has all rows
/// with their turn_ids and, for those without one, the rows that own their (session, time stamp). A turn that
/// stands in its own row is none, whether this insert or an earlier one put it there.
std::vector<Clash> find_clashes(std::span<const PendingTurn* const> turns, const KeyByTurnId& stored);

/// The dead letter of a clash, with code `identity_clash` and the turn as payload.
DeadLetter to_dead_letter(const Clash& clash);

/// `text` as valid UTF-8 (each stray byte becomes U+FFFD) of at most `max_characters` code points. For what
/// must be storable whatever a foreign program wrote.
std::string storable_text(std::string_view text, std::size_t max_characters);

/// The end of the longest prefix of `text` (UTF-8) of at most `max_bytes`, 4 or more, that cuts no character.
std::size_t utf8_prefix(std::string_view text, std::size_t max_bytes);

}  // namespace chatsync::sql
