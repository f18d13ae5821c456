// How unsettled turns get their numbers.
//
// The cache alone gives numbers, in one atomic step for all that it is told of, and remembers what it gave
// until the store has committed it. So whoever repeats the step, after a crash or at the same time, is told
// the same numbers; and whoever comes too late, when the cache has forgotten, is told nothing and finds at
// the next look that the store has nothing unsettled any more.
#include "sync/load_session.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/fault.hpp"
#include "base/log.hpp"

namespace chatsync::sync {
namespace {

constexpr int kLooksWithoutProgress = 3;
constexpr int kAdmissions = 3;

std::unexpected<Error> store_failed(Error error) {
  error.code = kStoreNotAsked;
  return std::unexpected(std::move(error));
}

/// The numbers that the turns have for the time being.
std::vector<SettledTurn> provisional_numbers(const std::vector<Turn>& turns) {
  std::vector<SettledTurn> numbers;
  numbers.reserve(turns.size());
  for (const Turn& turn : turns) {
    numbers.push_back({turn.timestamp_us, turn.seq.value_or(0), turn.timestamp_us});
  }
  return numbers;
}

std::vector<std::int64_t> stamps_of(const std::vector<SettledTurn>& turns) {
  std::vector<std::int64_t> stamps;
  stamps.reserve(turns.size());
  for (const SettledTurn& turn : turns) stamps.push_back(turn.timestamp_us);
  return stamps;
}

}  // namespace

AsyncResult<void> admit_cache(TurnCache* cache, TurnStore* store) {
  for (int attempt = 0; attempt < kAdmissions; ++attempt) {
    const std::uint64_t lineage = cache->lineage();
    if (lineage == 0) co_return Result<void>();
    Result<std::uint64_t> admitted = co_await store->admitted_lineage();
    if (!admitted) co_return store_failed(std::move(admitted).error());
    if (*admitted == lineage) co_return Result<void>();
    // The cache must be alive after that was read: one that is gone could else take the place of its
    // successor.
    Result<CacheHealth> alive = co_await cache->health();
    if (!alive) co_return failure_of(std::move(alive));
    if (cache->lineage() != lineage) continue;
    Result<bool> moved = co_await store->admit_lineage(lineage, *admitted);
    if (!moved) co_return store_failed(std::move(moved).error());
    if (*moved) co_return Result<void>();
  }
  co_return fail(
      ErrorKind::unavailable,
      "the cache at hand is one that other instances have left for another: see where each instance "
      "finds its cache",
      kLineageSuperseded);
}

AsyncResult<LoadedAs> load_session(TurnCache* cache, TurnStore* store, std::string session_id,
                                   std::size_t* settled) {
  for (int looks = 0, refusals = 0;;) {
    Result<std::optional<StoredSession>> stored = co_await store->load(session_id, kHistoryTurns);
    if (!stored) co_return store_failed(std::move(stored).error());
    if (!stored->has_value()) co_return LoadedAs::unknown;
    if ((*stored)->deleted) co_return LoadedAs::erased;
    fault::point("load.read");

    std::vector<Turn> unsettled = std::move((*stored)->unsettled);
    const bool last_part = (*stored)->unsettled_count <= static_cast<std::int64_t>(unsettled.size());
    const bool counted = (*stored)->session.question_count > 0 || !unsettled.empty();
    std::vector<SettledTurn> provisional = provisional_numbers(unsettled);
    const std::size_t wanted = provisional.size();
    const std::uint64_t lineage = cache->lineage();
    Result<std::vector<SettledTurn>> numbers = co_await cache->seed({.session = std::move((*stored)->session),
                                                                     .recent = std::move((*stored)->recent),
                                                                     .unsettled = std::move(unsettled)});
    if (!numbers) co_return failure_of(std::move(numbers));
    fault::point("load.seeded");
    if (wanted == 0) co_return counted ? LoadedAs::counted : LoadedAs::empty;

    if (numbers->empty()) {
      // Somebody else has settled them since they were read; then the next look shows none.
      if (++looks < kLooksWithoutProgress) continue;
      log_warning(
          "session {}: the numbers of {} turns are lost, of the cache or of the store; they keep those "
          "they have: run `chatsync verify`",
          session_id, wanted);
      numbers = std::move(provisional);
    }
    const std::vector<std::int64_t> stamps = stamps_of(*numbers);
    const std::size_t count = numbers->size();
    Result<void> committed = co_await store->settle(session_id, std::move(*numbers), lineage);
    if (!committed && committed.error().code == kLineageSuperseded) {
      // The cache is another one than was admitted. It gives the same numbers again when it is asked anew.
      Result<void> admitted = co_await admit_cache(cache, store);
      if (!admitted) co_return failure_of(std::move(admitted));
      if (++refusals < kAdmissions) continue;
      co_return fail(ErrorKind::unavailable, "the cache is replaced again and again", kLineageSuperseded);
    }
    if (!committed) co_return store_failed(std::move(committed).error());
    fault::point("settle.settled");
    looks = refusals = 0;
    *settled += count;
    // What is not forgotten costs some memory until the session leaves the cache, and nothing else.
    static_cast<void>(co_await cache->forget_settled(session_id, stamps));
    fault::point("settle.forgotten");
    if (last_part && count == wanted) co_return LoadedAs::counted;
  }
}

std::vector<Turn> newest_turns(const StoredSession& stored) {
  std::vector<Turn> turns = stored.recent;
  turns.insert(turns.end(), stored.unsettled.begin(), stored.unsettled.end());
  std::ranges::sort(turns, {}, &Turn::timestamp_us);
  if (turns.size() > kHistoryTurns) {
    turns.erase(turns.begin(), turns.end() - static_cast<std::ptrdiff_t>(kHistoryTurns));
  }
  return turns;
}

}  // namespace chatsync::sync
