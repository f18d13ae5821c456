#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "simulation/run.hpp"

namespace chatsync::simulation {

std::vector<RunReport> simulate_many(std::uint64_t first, std::uint64_t count, std::size_t failures) {
  std::atomic<std::uint64_t> next{0};
  std::atomic<std::size_t> failed{0};
  std::mutex mutex;
  std::vector<RunReport> reports;
  const auto work = [&] {
    for (std::uint64_t i = next++; i < count && failed < failures; i = next++) {
      RunReport report = simulate(first + i);
      if (!report.violations.empty()) ++failed;
      const std::scoped_lock lock(mutex);
      reports.push_back(std::move(report));
    }
  };
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) threads.emplace_back(work);
  threads.clear();
  std::ranges::sort(reports, {}, &RunReport::seed);
  return reports;
}

}  // namespace chatsync::simulation
