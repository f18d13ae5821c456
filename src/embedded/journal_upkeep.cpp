#include "embedded/journal_upkeep.hpp"

#include <algorithm>

namespace chatsync::embedded {
namespace {

/// A round takes so many transactions. The longer, the more rows of a page are due when their turn comes.
constexpr std::size_t kTransactionsOfARound = 512;
constexpr std::size_t kMostRows = 256;  ///< Of a transaction.

}  // namespace

Result<void> JournalUpkeep::work(JournalWriter& journal, bool nobody_waits) {
  auto next = due_.lower_bound(open_.next_row);
  if (next == due_.end() && has_work()) {
    if (Result<void> done = journal.forget_acknowledged(open_.notes_of_round); !done) return done;
    open_ = {.next_row = 0,
             .notes = open_.notes,
             .notes_of_round = open_.notes,
             .forgotten_notes = open_.notes_of_round};
    // Should this be taken back, the round begins again all the same, which does no harm.
    committed_.next_row = 0;
    next = due_.begin();
  }
  std::size_t share = std::clamp<std::size_t>(due_.size() / kTransactionsOfARound, 1, kMostRows);
  if (nobody_waits) share = kMostRows;
  for (; share > 0 && next != due_.end(); --share, ++next) {
    const auto [row, due] = *next;
    Result<void> done = due == Due::mark ? journal.mark_turn_synced(row) : journal.delete_turn(row);
    if (!done) return done;
    open_.next_row = row + 1;
  }
  return {};
}

Result<void> JournalUpkeep::note_acknowledged(JournalWriter& journal, std::span<const std::int64_t> rows) {
  return journal.note_acknowledged(++open_.notes, rows);
}

void JournalUpkeep::commit() {
  due_.erase(due_.lower_bound(committed_.next_row), due_.lower_bound(open_.next_row));
  committed_ = open_;
}

}  // namespace chatsync::embedded
