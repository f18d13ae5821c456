#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "chat/turn.hpp"

namespace chatsync {

/// A dead letter as the store keeps it.
struct StoredLetter {
  std::int64_t id = 0;  ///< Names the letter for as long as the store keeps it.
  DeadLetter letter;    ///< In lists without its payload.
  std::size_t payload_bytes = 0;
  std::optional<std::int64_t> seq;              ///< The turn's number, if it had one.
  std::optional<std::int64_t> discarded_at_us;  ///< When an operator gave it up; its payload is gone.
};

/// Which letters to read: by ascending id, which is the order in which the store took them.
struct LetterPage {
  std::size_t limit = 50;
  std::int64_t after_id = 0;              ///< Only letters with a greater id.
  std::optional<std::string> session_id;  ///< Only letters of this session.
  bool discarded_too = false;
};

struct ReplayOutcome {
  enum class Fate {
    stored,         ///< The turn is in the store and the letter is gone.
    stored_before,  ///< The very turn was in the store already; the letter is gone.
    kept,           ///< The turn cannot be stored: nothing changed, and `reason` says why.
  };
  Fate fate = Fate::kept;
  std::string reason;  ///< One line for a person; also says what a stored turn had to change. May be empty.
  Turn turn;           ///< As it is stored; without meaning if the letter was kept.
};

/// The turns that the store could not take, for an operator to look through. Thread-safe, as TurnStore is,
/// and with the same errors. A letter that is not there is `not_found`, code `dead_letter_not_found`.
class DeadLetters {
 public:
  virtual ~DeadLetters() = default;

  virtual AsyncResult<std::vector<StoredLetter>> list(LetterPage page) = 0;

  /// The letter with its whole payload; nothing if there is none of this id.
  virtual AsyncResult<std::optional<StoredLetter>> find(std::int64_t id) = 0;

  /// Gives the turn up: the letter stays, so that the ledger adds up, and its payload is deleted. Repeatable.
  virtual AsyncResult<void> discard(std::int64_t id) = 0;

  /// Makes a turn of the letter and stores it, in one transaction that removes the letter. If another turn
  /// has its time stamp, the turn gets the next free one; if another turn has its id, a derived one; if
  /// another turn has its number, none. A session that the store does not know is made.
  virtual AsyncResult<ReplayOutcome> replay(std::int64_t id) = 0;
};

}  // namespace chatsync
