#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/error.hpp"

namespace chatsync::answer {

/// What is known of an attempt that failed before anything of an answer came.
struct FailedAttempt {
  int number = 1;  ///< 1 for the first.
  /// The server's HTTP status; 0: no reply came, because it was not reached or the connection was lost.
  int status = 0;
  bool permanent = false;  ///< Another attempt would fail the same way, as with a bad certificate.
  std::optional<std::chrono::milliseconds> retry_after;  ///< What the server asks for.
};

inline constexpr int kAttempts = 3;

/// How long to wait before the next attempt; nothing: there is none. `left` is the time that is left for the
/// whole answer, `jitter` a number from 0 to 1 that keeps clients from coming back all at once.
std::optional<std::chrono::milliseconds> pause_before_retry(const FailedAttempt& failed,
                                                            std::chrono::milliseconds left, double jitter);

/// Reads a Retry-After, which is a number of seconds or a date; nothing if it is neither.
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view value, std::int64_t now_us);

}  // namespace chatsync::answer
