#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string>

namespace chatsync::bench {

/// One line for whoever waits, beside the results.
inline void show_progress(const std::string& line) { fmt::print(stderr, "  {}\n", line); }

}  // namespace chatsync::bench
