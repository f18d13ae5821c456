#include "http/http_metrics.hpp"

#include <algorithm>

namespace chatsync::http {

void HttpMetrics::record(std::size_t slot, Method method, int status, std::int64_t duration_us) {
  const auto* const found = std::ranges::find(kStatuses, status);
  const auto index = static_cast<std::size_t>(found - kStatuses.begin());
  requests_[slot][static_cast<std::size_t>(method)][index].add();
  durations_[slot].observe_us(duration_us);
}

}  // namespace chatsync::http
