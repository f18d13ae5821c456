#include "http/process_metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>

#include "http/metric_families.hpp"

namespace chatsync::http {
namespace {

struct ProcessStat {
  double cpu_seconds;
  double start_time_seconds;  ///< Since the epoch.
  double virtual_bytes;
  double resident_bytes;
};

/// The time of boot in seconds since the epoch.
std::optional<double> boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("btime ")) return std::stod(line.substr(6));
  }
  return std::nullopt;
}

std::optional<ProcessStat> read_stat() {
  std::ifstream file("/proc/self/stat");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  // The name in parentheses may hold blanks; the third field follows it.
  const std::size_t name_end = text.rfind(')');
  const auto boot = boot_time();
  if (name_end == std::string::npos || !boot) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  std::array<std::string, 22> field;  // the 3rd to the 24th of proc(5)
  for (std::string& value : field) fields >> value;
  if (!fields) return std::nullopt;
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
  return ProcessStat{(std::stod(field[11]) + std::stod(field[12])) / ticks,
                     *boot + std::stod(field[19]) / ticks, std::stod(field[20]), std::stod(field[21]) * page};
}

std::optional<double> open_descriptors() {
  std::error_code failure;
  std::filesystem::directory_iterator entries("/proc/self/fd", failure);
  if (failure) return std::nullopt;
  return static_cast<double>(std::distance(entries, {}));
}

}  // namespace

void add_process_metrics(std::vector<prometheus::MetricFamily>& families) {
  if (const auto stat = read_stat()) {
    families.push_back(counter("process_cpu_seconds_total", "User and system CPU time spent, in seconds.",
                               stat->cpu_seconds));
    families.push_back(gauge("process_start_time_seconds", "Start time since the Unix epoch, in seconds.",
                             stat->start_time_seconds));
    families.push_back(
        gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.", stat->virtual_bytes));
    families.push_back(
        gauge("process_resident_memory_bytes", "Resident memory size in bytes.", stat->resident_bytes));
  }
  if (const auto open = open_descriptors()) {
    families.push_back(gauge("process_open_fds", "Number of open file descriptors.", *open));
  }
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    families.push_back(gauge("process_max_fds", "Maximum number of open file descriptors.",
                             static_cast<double>(limit.rlim_cur)));
  }
}

}  // namespace chatsync::http
