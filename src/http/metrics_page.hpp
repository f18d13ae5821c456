#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "http/http_metrics.hpp"
#include "service/chat_service.hpp"
#include "sync/synchronizer.hpp"

namespace chatsync::http {

/// The text of /metrics: all counters of the process, added up over the workers. Any thread.
class MetricsPage {
 public:
  static constexpr std::string_view kMediaType = "text/plain; version=0.0.4; charset=utf-8";

  /// What is read; null: left out. All of it must outlive the page.
  struct Sources {
    std::vector<const HttpMetrics*> workers;
    const std::atomic<std::size_t>* open_connections = nullptr;
    const service::ServiceMetrics* service = nullptr;
    const sync::SyncMetrics* sync = nullptr;
    const sync::Backlog* backlog = nullptr;
    const Clock* clock = nullptr;  ///< For ages; needed with `backlog`.
  };

  explicit MetricsPage(Sources sources) : sources_(std::move(sources)) {}

  /// `cache`: as it is at the moment; absent: left out.
  std::string render(std::optional<service::CacheState> cache = std::nullopt) const;

 private:
  Sources sources_;
};

}  // namespace chatsync::http
