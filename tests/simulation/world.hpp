#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "simulation/random.hpp"

namespace chatsync::simulation {

/// Microseconds.
using Micros = std::int64_t;

constexpr Micros milliseconds(std::int64_t count) { return count * 1'000; }
constexpr Micros seconds(std::int64_t count) { return count * 1'000'000; }

/// True time, chance, and what is going to happen. Nothing happens but by an event, one at a time.
class World {
 public:
  using Event = std::move_only_function<void()>;

  World(std::uint64_t seed, bool traced) : random(seed), traced_(traced) {}

  /// Since the beginning of the run.
  Micros now() const { return now_; }

  /// `event` happens after `delay`; of two events at the same time, the one named first.
  void after(Micros delay, Event event);

  /// The next event happens. False if there is none.
  bool step();

  /// Differs between two runs unless they took the same steps at the same times.
  std::uint64_t fingerprint() const { return fingerprint_; }

  bool traced() const { return traced_; }

  template <class... Args>
  void trace(fmt::format_string<Args...> format, Args&&... args) const {
    if (traced_) print(fmt::format(format, std::forward<Args>(args)...));
  }

  Random random;

 private:
  struct Scheduled {
    Micros time;
    std::uint64_t number;
    Event event;
  };

  static bool later(const Scheduled& a, const Scheduled& b) {
    return a.time != b.time ? a.time > b.time : a.number > b.number;
  }
  void print(const std::string& line) const;

  Micros now_ = 0;
  std::uint64_t scheduled_ = 0;
  std::uint64_t fingerprint_ = 0;
  std::vector<Scheduled> heap_;
  const bool traced_;
};

}  // namespace chatsync::simulation
