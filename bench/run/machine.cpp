#include "run/machine.hpp"

#include <sys/mman.h>
#include <sys/utsname.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>

namespace chatsync::bench {
namespace {

constexpr double kQuietLoadPerCore = 0.25;
constexpr double kQuietBusyShare = 0.05;

struct CpuTimes {
  double all = 0;
  double idle = 0;
};

CpuTimes cpu_times() {
  std::ifstream stat("/proc/stat");
  std::string label;
  stat >> label;
  CpuTimes times;
  // user nice system idle iowait irq softirq steal; the guests' times are in the first two.
  for (int column = 0; column < 8; ++column) {
    double ticks = 0;
    stat >> ticks;
    times.all += ticks;
    if (column == 3 || column == 4) times.idle += ticks;
  }
  return times;
}

std::string processor_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(": ") + 2);
  }
  return "unknown";
}

std::size_t available_bytes() {
  std::ifstream info("/proc/meminfo");
  for (std::string line; std::getline(info, line);) {
    constexpr std::string_view kAvailable = "MemAvailable:";
    if (line.starts_with(kAvailable)) return std::stoull(line.substr(kAvailable.size())) * 1'024;
  }
  return 0;
}

}  // namespace

Machine look_at_machine() {
  Machine machine{.cores = std::thread::hardware_concurrency(), .processor = processor_name()};
  utsname system{};
  if (::uname(&system) == 0) machine.kernel = system.release;
  std::ifstream("/proc/loadavg") >> machine.load_average;
  const CpuTimes before = cpu_times();
  std::this_thread::sleep_for(std::chrono::seconds(1));
  const CpuTimes after = cpu_times();
  machine.busy_share = 1 - (after.idle - before.idle) / (after.all - before.all);
  machine.quiet =
      machine.busy_share <= kQuietBusyShare && machine.load_average <= kQuietLoadPerCore * machine.cores;
  return machine;
}

void touch_memory() {
  constexpr std::size_t kMost = std::size_t{2} << 30;
  constexpr std::size_t kPage = 4'096;
  const std::size_t bytes = std::min(kMost, available_bytes() / 4);
  void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;
  for (std::size_t offset = 0; offset < bytes; offset += kPage)
    static_cast<volatile char*>(memory)[offset] = 1;
  ::munmap(memory, bytes);
}

}  // namespace chatsync::bench
