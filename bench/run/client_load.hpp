#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "load/process_use.hpp"
#include "run/plan.hpp"
#include "support/child_process.hpp"
#include "support/temp_dir.hpp"

namespace chatsync::bench {

/// A question of 237 bytes and its echo, `Echo: ` before it, are 480 bytes together: as much as a question of
/// 80 bytes and an answer of 400.
inline constexpr int kQuestionBytes = 237;

struct LoadRequest {
  std::uint16_t port = 0;
  int connections = 64;
  double seconds = 0;         ///< 0: as planned.
  std::int64_t requests = 0;  ///< Not 0: ends after so many, without a warm-up.
  double rate = 0;
  int sessions = 10'000;
  std::string session_prefix = "bench-";
  std::string durability = "cached";
  std::string path{};
  std::vector<pid_t> watched{};
};

struct LoadFigures {
  double seconds = 0;
  double requests = 0;
  double per_second = 0;
  double first_per_second = 0;  ///< While each session had its first; 0 if that was measured with the others.
  double p50_ms = 0;
  double p99_ms = 0;
  std::vector<ProcessUse> watched;

  /// CPU time of the watched process, in µs a request.
  double cpu_us(std::size_t watched_index) const;
};

/// The load as a process of its own.
class ClientLoad {
 public:
  ClientLoad(const Plan& plan, const LoadRequest& request);

  bool running() { return process_->running(); }
  /// Waits for the end. Throws if the load was not served as it must be.
  LoadFigures finish();

  static LoadFigures run(const Plan& plan, const LoadRequest& request) {
    return ClientLoad(plan, request).finish();
  }

 private:
  test::TempDir output_;
  std::unique_ptr<test::ChildProcess> process_;
};

}  // namespace chatsync::bench
