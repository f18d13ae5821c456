#include "sync/backlog.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chatsync::sync {
namespace {

constexpr std::int64_t kUnmeasuredTurnBytes = 1'024;
/// Of fewer turns an error in what they take would be magnified.
constexpr std::int64_t kTurnsToMeasure = 100;

std::size_t at_least_zero(std::int64_t value) {
  return static_cast<std::size_t>(std::max<std::int64_t>(value, 0));
}

}  // namespace

void Backlog::add(std::size_t bytes, std::int64_t now_us) noexcept {
  if (oldest_us_.load(std::memory_order_relaxed) == 0) {
    std::int64_t none = 0;
    oldest_us_.compare_exchange_strong(none, now_us, std::memory_order_relaxed);
  }
  accepted_turns_.fetch_add(1, std::memory_order_relaxed);
  accepted_bytes_.fetch_add(static_cast<std::int64_t>(bytes), std::memory_order_relaxed);
}

void Backlog::remove(std::size_t turns, std::size_t bytes) noexcept {
  gone_turns_.fetch_add(static_cast<std::int64_t>(turns), std::memory_order_relaxed);
  gone_bytes_.fetch_add(static_cast<std::int64_t>(bytes), std::memory_order_relaxed);
}

void Backlog::begin_drain() noexcept {
  turns_before_drain_ = accepted_turns_.load(std::memory_order_relaxed);
  bytes_before_drain_ = accepted_bytes_.load(std::memory_order_relaxed);
}

void Backlog::end_drain() noexcept {
  gone_turns_ = turns_before_drain_.load(std::memory_order_relaxed);
  gone_bytes_ = bytes_before_drain_.load(std::memory_order_relaxed);
}

void Backlog::recount(std::size_t turns) noexcept {
  const std::int64_t counted = static_cast<std::int64_t>(turns);
  const std::int64_t accepted = accepted_turns_.load(std::memory_order_relaxed);
  const std::int64_t accepted_bytes = accepted_bytes_.load(std::memory_order_relaxed);
  const std::int64_t waiting = accepted - gone_turns_.load(std::memory_order_relaxed);
  const std::int64_t waiting_bytes = accepted_bytes - gone_bytes_.load(std::memory_order_relaxed);
  std::int64_t each = kUnmeasuredTurnBytes;
  if (waiting >= kTurnsToMeasure && waiting_bytes > 0) {
    each = waiting_bytes / waiting;
  } else if (accepted > 0) {
    each = accepted_bytes / accepted;
  }
  gone_turns_ = accepted - counted;
  gone_bytes_ = accepted_bytes - counted * each;
}

void Backlog::set_oldest(std::optional<std::int64_t> oldest_us) noexcept {
  oldest_us_.store(oldest_us.value_or(0), std::memory_order_relaxed);
}

std::size_t Backlog::turns() const noexcept {
  const std::int64_t gone = gone_turns_.load(std::memory_order_relaxed);
  return at_least_zero(accepted_turns_.load(std::memory_order_relaxed) - gone);
}

std::size_t Backlog::bytes() const noexcept {
  const std::int64_t gone = gone_bytes_.load(std::memory_order_relaxed);
  return at_least_zero(accepted_bytes_.load(std::memory_order_relaxed) - gone);
}

std::chrono::microseconds Backlog::age(std::int64_t now_us) const noexcept {
  const std::int64_t oldest = oldest_us_.load(std::memory_order_relaxed);
  return std::chrono::microseconds(oldest == 0 ? 0 : std::max<std::int64_t>(now_us - oldest, 0));
}

std::optional<Error> Backlog::refusal(std::int64_t now_us) const {
  const auto full = [](const std::string& what) {
    return Error{.kind = ErrorKind::overloaded,
                 .message = "the turns that wait for the store have reached their limit (" + what +
                            "); this one was not accepted: see why the store does not take them",
                 .code = "backlog_full"};
  };
  if (turns() >= limits_.turns) return full(fmt::format("MAX_PENDING_TURNS={}", limits_.turns));
  if (bytes() >= limits_.bytes) return full(fmt::format("MAX_PENDING_BYTES={}", limits_.bytes));
  if (limits_.age.count() > 0 && age(now_us) >= limits_.age)
    return full(fmt::format("MAX_PENDING_AGE={}", limits_.age.count()));
  return std::nullopt;
}

}  // namespace chatsync::sync
