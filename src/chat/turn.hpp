#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chatsync {

/// How many of a session's latest turns the cache keeps as its history.
inline constexpr std::size_t kHistoryTurns = 10;

enum class TurnStatus {
  complete,
  incomplete,  ///< The answer broke off; what came of it is kept.
};

std::string_view to_string(TurnStatus status);
/// Anything but "incomplete" is complete: a turn of another program need not carry a status.
TurnStatus turn_status_from(std::string_view text);

/// One question with its answer.
///
/// Identity is `turn_id`, and in a session also `timestamp_us`: no two turns of a session share one, and the
/// cache gives each turn a later one than the turn before it, whatever the clocks say (turn_stamp.hpp). So
/// the order of time stamps is the order of `seq`.
struct Turn {
  std::string session_id;
  std::string turn_id;
  std::int64_t timestamp_us = 0;    ///< When the question was accepted: microseconds since the epoch, UTC.
  std::optional<std::int64_t> seq;  ///< 1 for a session's first turn; absent in turns of other programs.
  std::string user_id;
  std::string question;  ///< UTF-8, any code point, zero bytes included.
  std::string answer;    ///< The same.
  TurnStatus status = TurnStatus::complete;
  std::string model;
  std::string details;  ///< A JSON object (turn_details.hpp); empty: nothing more is known.

  bool operator==(const Turn&) const = default;
};

/// What a pending turn takes in a cache, about: its texts and a quarter of a kilobyte around them.
inline std::size_t bytes_of(const Turn& turn) {
  return turn.question.size() + turn.answer.size() + turn.details.size() + 256;
}

/// One conversation of one user.
struct Session {
  std::string session_id;
  std::string user_id;
  std::string title;
  std::int64_t question_count = 0;
  std::int64_t created_at_us = 0;
  std::int64_t updated_at_us = 0;

  bool operator==(const Session&) const = default;
};

/// The final number and time stamp of a turn that the store took while the cache was away. Its stamp changes
/// only if the cache holds a later turn that comes before it, which takes a clock that was set back.
struct SettledTurn {
  std::int64_t timestamp_us = 0;  ///< As the store has it.
  std::int64_t seq = 0;
  std::int64_t final_timestamp_us = 0;

  bool operator==(const SettledTurn&) const = default;
};

/// A turn that waits to be synced, with the exact name under which it is pending in the cache (for Redis the
/// message's key). Only that name acknowledges it.
struct PendingTurn {
  Turn turn;
  std::string key;
};

/// A turn that no store can take, kept with the reason instead of being dropped.
struct DeadLetter {
  std::string session_id;
  std::string key;         ///< As in PendingTurn; empty if it has none.
  std::string reason;      ///< One line for a person.
  std::string error_code;  ///< `missing_field`, `invalid_utf8`, `identity_clash`, the server's own number, …
  std::string payload;     ///< What there was, as JSON.
  std::int64_t first_failed_at_us = 0;
};

/// What one transaction of a drain carries to the store.
struct TurnBatch {
  /// The session of every turn in the batch, once each, and sessions whose own data are unsynced.
  std::vector<Session> sessions;
  std::vector<PendingTurn> turns;
  std::vector<DeadLetter> dead_letters;
  std::uint64_t lineage = 0;  ///< Of the cache that it was claimed from (TurnCache::lineage).
  bool of_relief = false;  ///< Claimed by such a pass: sessions in use may stay in the index of pending ones.

  bool empty() const { return sessions.empty() && turns.empty() && dead_letters.empty(); }
};

/// Batches are read by the store and by the acknowledgement and never change once claimed.
using SharedBatch = std::shared_ptr<const TurnBatch>;

/// Which turns of a session to read. At most one of `before_us` and `after_us` is set; neither means the
/// newest.
struct TurnPage {
  std::size_t limit = 50;
  std::optional<std::int64_t> before_us;  ///< The newest `limit` turns with a smaller time stamp.
  std::optional<std::int64_t> after_us;   ///< The oldest `limit` turns with a greater time stamp.
};

}  // namespace chatsync
