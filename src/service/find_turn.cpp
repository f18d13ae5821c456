#include "service/find_turn.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

namespace chatsync::service {
namespace {

/// The time that a UUIDv7 was made at, to the millisecond before; 0 if it is none.
std::int64_t made_at_us(const std::string& id) {
  constexpr std::size_t kLength = 36;
  constexpr std::size_t kVersionAt = 14;
  if (id.size() != kLength || id[kVersionAt] != '7') return 0;
  const std::string digits = id.substr(0, 8) + id.substr(9, 4);
  std::int64_t milliseconds = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), milliseconds, 16);
  if (error != std::errc() || end != digits.data() + digits.size() || milliseconds < 1) return 0;
  return (milliseconds - 1) * 1'000;
}

}  // namespace

AsyncResult<std::optional<Turn>> find_turn(ChatService* chat, std::string session_id, std::string turn_id) {
  // A turn is stamped with the time that its id was made at, or later.
  TurnPage page{.limit = 50, .after_us = made_at_us(turn_id)};
  for (;;) {
    Result<MessageList> list = co_await chat->messages(session_id, page);
    if (!list) co_return failure_of(std::move(list));
    const auto found = std::ranges::find(list->turns, turn_id, &Turn::turn_id);
    if (found != list->turns.end()) co_return std::move(*found);
    if (!list->has_more || list->turns.empty()) co_return std::nullopt;
    page.after_us = list->turns.back().timestamp_us;
  }
}

}  // namespace chatsync::service
