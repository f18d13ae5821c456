#include "answer/retry_policy.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace chatsync::answer {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstPause{500};
constexpr milliseconds kLongestPause{8'000};

/// Whether the server may do next time what it did not do this time. A server that does not know how (501,
/// 505) will not have learnt it.
bool may_pass(int status) {
  return status == 0 || status == 408 || status == 429 || (status >= 500 && status != 501 && status != 505);
}

}  // namespace

std::optional<milliseconds> pause_before_retry(const FailedAttempt& failed, milliseconds left,
                                               double jitter) {
  if (failed.permanent || !may_pass(failed.status) || failed.number >= kAttempts) return std::nullopt;
  milliseconds pause = std::min(kFirstPause * (1 << (failed.number - 1)), kLongestPause);
  pause -= std::chrono::duration_cast<milliseconds>(pause * (jitter / 4));
  // Who names a time is not asked before it. If that is too late, the caller is better told so at once.
  if (failed.retry_after) pause = std::max(pause, *failed.retry_after);
  if (pause >= left) return std::nullopt;
  return pause;
}

std::optional<milliseconds> parse_retry_after(std::string_view value, std::int64_t now_us) {
  constexpr std::int64_t kDay = 86'400;
  std::int64_t seconds = 0;
  const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (problem != std::errc() || end != value.data() + value.size()) {
    const std::time_t date = curl_getdate(std::string(value).c_str(), nullptr);
    if (date == -1) return std::nullopt;
    seconds = date - now_us / 1'000'000;
  }
  return milliseconds(std::clamp<std::int64_t>(seconds, 0, kDay) * 1'000);
}

}  // namespace chatsync::answer
