#include "support/kill_switch.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "support/child_process.hpp"

namespace chatsync::test {

std::map<std::string, std::string> KillSwitch::environment() const {
  return {{"LD_PRELOAD", KILL_AT_WRITE_LIBRARY}, {"KILL_AT_WRITE_ORDERS", (directory_ / "orders").string()}};
}

void KillSwitch::arm(std::uint64_t number, bool torn) const {
  // Renamed, so that nobody reads half of an order.
  write_file(directory_ / "new", fmt::format("{}{}\n", number, torn ? " torn" : ""));
  std::filesystem::rename(directory_ / "new", directory_ / "orders");
}

void KillSwitch::disarm() const { std::filesystem::remove(directory_ / "orders"); }

}  // namespace chatsync::test
