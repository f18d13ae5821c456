#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "chat/turn.hpp"

namespace chatsync {

/// What the store holds of a session, counted row by row.
struct StoreTally {
  Session session;                 ///< `question_count` is the stored one.
  bool deleted = false;            ///< A tombstone.
  std::int64_t rows = 0;           ///< Stored turns, unsettled ones included.
  std::int64_t unsettled = 0;      ///< Turns without a final number.
  std::int64_t numbered = 0;       ///< Settled turns that have a `seq`.
  std::int64_t distinct_seqs = 0;  ///< Different ones among these.
  std::int64_t max_seq = 0;        ///< The greatest among these, 0 if there are none.
  std::int64_t dead_letters = 0;   ///< Without the discarded ones.
  std::int64_t discarded_letters = 0;
  /// The numbers of the session's dead letters, discarded ones included, ascending; those that have none are
  /// not in it.
  std::vector<std::int64_t> letter_seqs;
};

/// Stored turns whose session the store does not know.
struct OrphanTurns {
  std::string session_id;
  std::int64_t rows = 0;
};

/// Reads what an audit compares. Thread-safe, as TurnStore is, and with the same errors. It reads every row
/// of what it counts: not for the hot path.
class StoreAudit {
 public:
  virtual ~StoreAudit() = default;

  /// The next sessions by ascending id, tombstones included, after `after_session_id` (empty: from the
  /// first); none ends the walk. Each call is one consistent view.
  virtual AsyncResult<std::vector<StoreTally>> tallies(std::string after_session_id, std::size_t limit) = 0;

  /// Those of the turn ids that are stored, in any order.
  virtual AsyncResult<std::vector<std::string>> stored_turn_ids(std::vector<std::string> turn_ids) = 0;

  /// The lowest numbers, at most `limit`, between 1 and the session's count that neither a settled turn nor a
  /// dead letter has.
  virtual AsyncResult<std::vector<std::int64_t>> missing_seqs(std::string session_id, std::size_t limit) = 0;

  /// Stored turns without a session, by ascending session id, after `after_session_id` (empty: from the
  /// first), at most `limit` sessions.
  virtual AsyncResult<std::vector<OrphanTurns>> orphans(std::string after_session_id, std::size_t limit) = 0;
};

}  // namespace chatsync
