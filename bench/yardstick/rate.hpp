#pragma once

#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdint>

namespace yardstick {

/// The line of JSON that tells how many rows were moved since `begin`, and what CPU time the process has
/// taken.
inline void print_rate(std::uint64_t rows, std::chrono::steady_clock::time_point begin) {
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  rusage use{};
  ::getrusage(RUSAGE_SELF, &use);
  const auto microseconds = [](const timeval& time) {
    return std::int64_t{1'000'000} * time.tv_sec + time.tv_usec;
  };
  fmt::print("{{\"rows\": {}, \"seconds\": {:.3f}, \"rows_per_second\": {:.0f}, \"cpu_us\": {}}}\n", rows,
             seconds, static_cast<double>(rows) / seconds,
             microseconds(use.ru_utime) + microseconds(use.ru_stime));
}

}  // namespace yardstick
