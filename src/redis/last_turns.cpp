#include "redis/last_turns.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

namespace chatsync::redis {
namespace {

std::uint64_t hash_of(std::string_view session_id) { return std::hash<std::string_view>()(session_id); }

}  // namespace

std::optional<LastTurn> LastTurns::take(std::string_view session_id) {
  if (buckets_.empty()) return std::nullopt;
  const std::uint64_t session = hash_of(session_id);
  Bucket& bucket = buckets_[session % kBuckets];
  const auto place = std::ranges::find(bucket, session, &Place::session);
  if (place == bucket.end() || place->count == 0) return std::nullopt;
  return LastTurn{
      .count = std::exchange(place->count, 0), .timestamp_us = place->timestamp_us, .shared = place->shared};
}

void LastTurns::remember(std::string_view session_id, LastTurn turn) {
  if (turn.count > std::numeric_limits<std::uint32_t>::max()) return;
  if (buckets_.empty()) buckets_.resize(kBuckets);
  const std::uint64_t session = hash_of(session_id);
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

void LastTurns::forget_all() { buckets_.clear(); }

}  // namespace chatsync::redis
