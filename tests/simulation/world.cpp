#include "simulation/world.hpp"

#include <algorithm>
#include <cstdio>

namespace chatsync::simulation {

void World::after(Micros delay, Event event) {
  heap_.push_back({now_ + delay, ++scheduled_, std::move(event)});
  std::ranges::push_heap(heap_, later);
}

bool World::step() {
  if (heap_.empty()) return false;
  std::ranges::pop_heap(heap_, later);
  Scheduled next = std::move(heap_.back());
  heap_.pop_back();
  now_ = next.time;
  fingerprint_ = (fingerprint_ ^ static_cast<std::uint64_t>(now_) ^ next.number << 40U) * 0x100000001b3;
  next.event();
  return true;
}

void World::print(const std::string& line) const {
  fmt::print("{:>12.6f} {}\n", static_cast<double>(now_) / 1e6, line);
}

}  // namespace chatsync::simulation
