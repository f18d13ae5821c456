#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "base/error.hpp"
#include "embedded/journal.hpp"

namespace chatsync::embedded {

/// Rows of turns that are to be marked as synced or deleted, done a few at a time in the order of their rows,
/// so that those of one page are written together. It goes round and round; what was acknowledged is noted in
/// the journal until a whole round has passed since.
///
/// Works in the transactions of a SessionGroup, on its thread. After each of them commit() or discard().
class JournalUpkeep {
 public:
  JournalUpkeep() = default;
  /// Goes on where the last process ended, whose notes go up to `last_note`.
  explicit JournalUpkeep(std::int64_t last_note)
      : committed_{.notes = last_note, .notes_of_round = last_note}, open_(committed_) {}

  bool has_work() const { return !due_.empty() || committed_.forgotten_notes < committed_.notes; }

  /// Does some of it: a small share of what there is, unless nobody waits for the transaction.
  Result<void> work(JournalWriter& journal, bool nobody_waits);

  /// Notes that these turns are synced. At most once in a transaction, after work().
  Result<void> note_acknowledged(JournalWriter& journal, std::span<const std::int64_t> rows);

  /// What the open transaction did stands.
  void commit();
  void discard() { open_ = committed_; }

  /// Outside of a transaction: nobody looks at the turn's text any more, or it is synced and noted so.
  void remove(std::int64_t row) { due_.insert_or_assign(row, Due::deletion); }
  void mark(std::int64_t row) { due_.try_emplace(row, Due::mark); }

 private:
  enum class Due { mark, deletion };

  struct Progress {
    std::int64_t next_row = 0;         ///< What is below was done in this round.
    std::int64_t notes = 0;            ///< The last one's id, and of those
    std::int64_t notes_of_round = 0;   ///< the last one when the round began.
    std::int64_t forgotten_notes = 0;  ///< Up to this one they are deleted.
  };

  std::map<std::int64_t, Due> due_;
  Progress committed_;
  Progress open_;  ///< With what the open transaction does.
};

}  // namespace chatsync::embedded
