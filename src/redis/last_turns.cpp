#include "redis/last_turns.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

namespace chatsync::redis {
namespace {

std::uint64_t hash_of(std::uint64_t lineage, std::string_view session_id) {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;  // Spreads the lineage over all bits.
  return std::hash<std::string_view>()(session_id) ^ (lineage * kOdd);
}

}  // namespace

LastTurns::LastTurns() : buckets_(kBuckets) {}

std::optional<LastTurn> LastTurns::take(std::uint64_t lineage, std::string_view session_id) {
  const std::uint64_t session = hash_of(lineage, session_id);
  const std::lock_guard lock(lock_of(session));
  Bucket& bucket = buckets_[session % kBuckets];
  const auto place = std::ranges::find(bucket, session, &Place::session);
  if (place == bucket.end() || place->count == 0) return std::nullopt;
  return LastTurn{
      .count = std::exchange(place->count, 0), .timestamp_us = place->timestamp_us, .shared = place->shared};
}

void LastTurns::remember(std::uint64_t lineage, std::string_view session_id, LastTurn turn) {
  if (turn.count > std::numeric_limits<std::uint32_t>::max()) return;
  const std::uint64_t session = hash_of(lineage, session_id);
  const std::lock_guard lock(lock_of(session));
  Bucket& bucket = buckets_[session % kBuckets];
  auto place = std::ranges::find(bucket, session, &Place::session);
  if (place == bucket.end()) {
    if (bucket.size() < kPlaces) {
      place = bucket.emplace(bucket.end());
    } else {
      place = std::ranges::min_element(bucket, {}, &Place::timestamp_us);
    }
  }
  *place = {.session = session,
            .timestamp_us = turn.timestamp_us,
            .count = static_cast<std::uint32_t>(turn.count),
            .shared = turn.shared};
}

}  // namespace chatsync::redis
