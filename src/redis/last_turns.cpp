#include "redis/last_turns.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace chatsync::redis {
namespace {

std::uint64_t hash_of(std::string_view session_id) { return std::hash<std::string_view>()(session_id); }

}  // namespace

std::optional<LastTurn> LastTurns::take(std::string_view session_id) {
  if (buckets_.empty()) return std::nullopt;
  const std::uint64_t session = hash_of(session_id);
  for (Place& place : buckets_[session % kBuckets].places) {
    if (place.session == session && place.turn.count != 0) return std::exchange(place.turn, {});
  }
  return std::nullopt;
}

void LastTurns::remember(std::string_view session_id, LastTurn turn) {
  if (buckets_.empty()) buckets_.resize(kBuckets);
  const std::uint64_t session = hash_of(session_id);
  Bucket& bucket = buckets_[session % kBuckets];
  auto place = std::ranges::find(bucket.places, session, &Place::session);
  if (place == bucket.places.end()) {
    place = bucket.places.begin() + bucket.next;
    bucket.next = static_cast<std::uint8_t>((bucket.next + 1) % kPlaces);
  }
  *place = {.session = session, .turn = turn};
}

void LastTurns::forget_all() { buckets_.clear(); }

}  // namespace chatsync::redis
