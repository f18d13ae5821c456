#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "test_cache/terminal.hpp"

namespace chatsync::test_cache {

/// How far one client has come, or all of them together.
struct ProgressRow {
  std::string label;  ///< plain ASCII
  std::int64_t total = 0;
  std::int64_t acknowledged = 0;
  std::int64_t failed = 0;
  bool stopped = false;  ///< gave up before the total
  std::optional<std::chrono::microseconds> last_latency{};

  [[nodiscard]] std::int64_t settled() const { return acknowledged + failed; }
  [[nodiscard]] bool finished() const { return stopped || settled() == total; }
};

/// "1.2 ms", with one decimal below a second and in seconds above.
std::string latency_text(std::chrono::microseconds latency);

/// One line with a bar, at most `terminal.columns - 1` wide, without a newline.
std::string render_bar(const ProgressRow& row, const Terminal& terminal);

/// The same in words, for a stream that is no terminal.
std::string render_line(const ProgressRow& row);

}  // namespace chatsync::test_cache
