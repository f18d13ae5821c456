#include "load/process_use.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace chatsync::bench {

// The scheduler counts each thread's time in nanoseconds; /proc/PID/stat shows it in ticks of 10 ms.
ProcessUse process_use(pid_t process) {
  ProcessUse use;
  const std::filesystem::path directory = fmt::format("/proc/{}", process);
  std::int64_t on_cpu_ns = 0;
  std::int64_t waiting_ns = 0;
  std::error_code gone;
  for (const auto& thread : std::filesystem::directory_iterator(directory / "task", gone)) {
    std::int64_t on_cpu = 0;
    std::int64_t waiting = 0;
    if (!(std::ifstream(thread.path() / "schedstat") >> on_cpu >> waiting)) continue;
    on_cpu_ns += on_cpu;
    waiting_ns += waiting;
  }
  use.cpu_us = on_cpu_ns / 1'000;
  use.waiting_us = waiting_ns / 1'000;
  std::int64_t pages = 0;
  std::int64_t resident_pages = 0;
  std::ifstream(directory / "statm") >> pages >> resident_pages;
  use.resident_kib = resident_pages * ::sysconf(_SC_PAGESIZE) / 1'024;
  return use;
}

ProcessUse use_between(const ProcessUse& before, const ProcessUse& after) {
  return {.cpu_us = after.cpu_us - before.cpu_us,
          .waiting_us = after.waiting_us - before.waiting_us,
          .resident_kib = after.resident_kib};
}

double busy_percent(const ProcessUse& between, double seconds) {
  return 1e-4 * static_cast<double>(between.cpu_us + between.waiting_us) / seconds;
}

}  // namespace chatsync::bench
