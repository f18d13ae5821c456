#pragma once

#include <chrono>
#include <thread>

namespace chatsync::test {

/// How long a condition may take that holds after milliseconds on an idle machine: long enough for a
/// sanitized build beside others on few cores, so that only a real fault reaches it.
inline constexpr std::chrono::seconds kPatience{60};

/// Looks at `condition` until it holds, or until `patience` is over. Returns whether it held.
template <class Condition>
bool eventually(Condition condition, std::chrono::milliseconds patience = kPatience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace chatsync::test
