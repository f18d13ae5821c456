#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstdint>

namespace yardstick {

/// The line of JSON that tells how many rows were moved since `begin`.
inline void print_rate(std::uint64_t rows, std::chrono::steady_clock::time_point begin) {
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  fmt::print("{{\"rows\": {}, \"seconds\": {:.3f}, \"rows_per_second\": {:.0f}}}\n", rows, seconds,
             static_cast<double>(rows) / seconds);
}

}  // namespace yardstick
