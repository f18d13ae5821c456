#include "run/machine.hpp"

#include <sys/utsname.h>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <string>
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

}  // namespace chatsync::bench
