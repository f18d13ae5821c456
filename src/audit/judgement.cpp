// The count of a session says how many turns it accepted, and each of them must be somewhere. Two kinds of
// dead letters blur the sum: one that has no number (a program wrote it without) may or may not have been
// counted, and one whose number a stored turn has too (two turns with one identity, after a cache came back
// older) was counted once for both. So there is a least and a most that the count may be; where it lies
// between the two, the ledger takes every dead letter as accepted.
#include "audit/judgement.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace chatsync::audit {
namespace {

constexpr std::size_t kNumbersShown = 5;

std::string turns(std::int64_t count) { return fmt::format("{} turn{}", count, count == 1 ? "" : "s"); }

std::int64_t letters_of(const StoreTally& stored) { return stored.dead_letters + stored.discarded_letters; }

/// ": 5, 7, 9 and more".
std::string shown(const std::vector<std::int64_t>& numbers) {
  if (numbers.empty()) return {};
  const std::size_t count = std::min(numbers.size(), kNumbersShown);
  return fmt::format(": {}{}",
                     fmt::join(numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(count), ", "),
                     numbers.size() > count ? " and more" : "");
}

Verdict judge_tombstone(const SessionView& view) {
  const StoreTally& stored = *view.stored;
  Verdict verdict;
  verdict.share.accepted = verdict.share.deleted = stored.session.question_count;
  if (stored.rows > 0) {
    verdict.faults.push_back(fmt::format("erased, but {} of it are stored", turns(stored.rows)));
  }
  if (letters_of(stored) > 0) {
    verdict.faults.push_back(fmt::format("erased, but {} of it are dead letters", turns(letters_of(stored))));
  }
  if (view.cached) {
    verdict.faults.push_back(
        fmt::format("erased, but still in the cache ({} pending)", view.cached->pending));
  }
  return verdict;
}

/// Faults in the numbers of stored turns.
void judge_numbers(const StoreTally& stored, std::vector<std::string>& faults) {
  if (stored.numbered > stored.distinct_seqs) {
    faults.push_back(fmt::format("{} stored with a number that another turn has",
                                 turns(stored.numbered - stored.distinct_seqs)));
  }
  if (stored.max_seq > stored.session.question_count) {
    faults.push_back(fmt::format("a stored turn has the number {}, beyond the session's count of {}",
                                 stored.max_seq, stored.session.question_count));
  }
  if (stored.unsettled > 0) {
    faults.push_back(
        fmt::format("{} taken while the cache was away and still without a final number: the "
                    "next drain gives it",
                    turns(stored.unsettled)));
  }
}

}  // namespace

Ledger& Ledger::operator+=(const Ledger& other) {
  accepted += other.accepted;
  stored += other.stored;
  pending += other.pending;
  dead_lettered += other.dead_lettered;
  discarded += other.discarded;
  deleted += other.deleted;
  return *this;
}

Ledger& Ledger::operator-=(const Ledger& other) {
  accepted -= other.accepted;
  stored -= other.stored;
  pending -= other.pending;
  dead_lettered -= other.dead_lettered;
  discarded -= other.discarded;
  deleted -= other.deleted;
  return *this;
}

bool needs_missing_numbers(const StoreTally& stored) {
  return !stored.deleted && (letters_of(stored) > 0 || stored.distinct_seqs != stored.session.question_count);
}

Verdict judge(const SessionView& view) {
  if (view.stored && view.stored->deleted) return judge_tombstone(view);
  const StoreTally stored = view.stored.value_or(StoreTally{});
  const SessionView::Cached cached = view.cached.value_or(SessionView::Cached{});
  const std::int64_t store_count = stored.session.question_count;
  const std::int64_t letters = letters_of(stored);
  const auto missing = static_cast<std::int64_t>(view.missing.size());

  Verdict verdict;
  Ledger& share = verdict.share;
  share.stored = stored.rows;
  share.pending = cached.pending - view.stored_and_pending;
  share.dead_lettered = letters;
  share.discarded = stored.discarded_letters;

  const std::int64_t lettered_numbers =
      std::clamp<std::int64_t>(store_count - missing - stored.distinct_seqs, 0, letters);
  const std::int64_t most = share.stored + share.pending + letters;
  const std::int64_t least = most - letters + lettered_numbers;
  const std::int64_t counted = std::max(store_count, cached.question_count);
  judge_numbers(stored, verdict.faults);
  if (view.cached && cached.question_count < store_count) {
    verdict.faults.push_back(
        fmt::format("the cache counts {}, the store {}", turns(cached.question_count), store_count));
  }

  share.accepted = most;
  if (stored.unsettled > 0) return verdict;
  if (counted > most) {
    share.accepted = counted;
    verdict.faults.push_back(fmt::format("{} accepted and neither stored, pending nor dead letters{}",
                                         turns(counted - most), shown(view.missing)));
  } else if (counted < least) {
    share.accepted = most - (least - counted);
    verdict.faults.push_back(
        fmt::format("{} more than the {} that were counted", turns(least - counted), counted));
  } else if (missing > stored.rows - stored.numbered + letters - lettered_numbers + share.pending) {
    verdict.faults.push_back(fmt::format("numbers that no turn has{}", shown(view.missing)));
  }
  return verdict;
}

}  // namespace chatsync::audit
