#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/metrics.hpp"
#include "http/method.hpp"
#include "http/route_table.hpp"

namespace chatsync::http {

/// Every status the server sends.
inline constexpr std::array<int, 23> kStatuses = {200, 201, 204, 400, 401, 403, 404, 405, 408, 409, 410, 413,
                                                  415, 417, 422, 429, 431, 500, 501, 502, 503, 504, 505};

/// What one worker counts: only its thread writes, so that workers do not wait for each other's cache lines;
/// any thread may read.
class HttpMetrics {
 public:
  /// The last slot counts requests that belong to no path.
  static constexpr std::size_t kSlots = kRouteCount + 1;

  /// A request has been answered.
  void record(std::size_t slot, Method method, int status, std::int64_t duration_us);

  std::uint64_t requests(std::size_t slot, Method method, std::size_t status_index) const {
    return requests_[slot][static_cast<std::size_t>(method)][status_index].value();
  }
  const DurationHistogram& durations(std::size_t slot) const { return durations_[slot]; }

  Counter connections_accepted;
  Counter connections_refused;  ///< Because max_connections were open.
  Counter broken_replies;       ///< Broken off because the rest of the body could not be read.
  Counter slow_clients;         ///< Connections ended because the client was slow to send or to read.

 private:
  std::array<std::array<std::array<Counter, kStatuses.size() + 1>, kMethodCount>, kSlots> requests_;
  std::array<DurationHistogram, kSlots> durations_;
};

}  // namespace chatsync::http
