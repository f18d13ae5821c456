#include "test_cache/progress_row.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chatsync::test_cache {

namespace {

constexpr std::size_t kLongestLabel = 36;
constexpr std::size_t kWidestBar = 40;
constexpr std::size_t kNarrowestBar = 4;

std::string repeat(std::string_view piece, std::size_t times) {
  std::string text;
  for (std::size_t time = 0; time < times; ++time) {
    text += piece;
  }
  return text;
}

std::string shortened(const std::string& label, std::size_t width) {
  if (label.size() <= width) {
    return label;
  }
  return label.substr(0, width - 1) + "~";
}

std::string counts(const ProgressRow& row) {
  const std::string total = fmt::to_string(row.total);
  std::string text = fmt::format("{:>{}}/{}", row.acknowledged, total.size(), total);
  if (row.last_latency) {
    text += fmt::format("  {:>8}", latency_text(*row.last_latency));
  }
  return text;
}

std::string trouble(const ProgressRow& row) {
  if (row.failed == 0) {
    return {};
  }
  return fmt::format("  {} failed{}", row.failed, row.stopped ? ", stopped" : "");
}

}  // namespace

std::string latency_text(std::chrono::microseconds latency) {
  const std::chrono::duration<double, std::milli> milliseconds = latency;
  if (latency >= std::chrono::seconds{1}) {
    return fmt::format("{:.2f} s", std::chrono::duration<double>{latency}.count());
  }
  return fmt::format("{:.1f} ms", milliseconds.count());
}

std::string render_bar(const ProgressRow& row, const Terminal& terminal) {
  const std::string behind = counts(row);
  const std::string failures = trouble(row);
  const std::size_t room = terminal.columns > 0 ? terminal.columns - 1 : 0;
  // Two spaces on either side of the bar.
  const std::size_t taken = behind.size() + failures.size() + 4;
  const std::size_t label_width =
      std::min(kLongestLabel, std::max<std::size_t>(room / 2, taken + 1) - taken / 2);
  const std::size_t left = room > taken + label_width ? room - taken - label_width : 0;
  if (left < kNarrowestBar) {
    return shortened(fmt::format("{}{}", behind, failures), std::max<std::size_t>(room, 1));
  }
  const std::size_t width = std::min(left, kWidestBar);
  const auto whole = static_cast<std::size_t>(std::max<std::int64_t>(row.total, 1));
  const std::size_t done = static_cast<std::size_t>(row.settled()) * width / whole;
  const Tint tint = row.failed > 0 ? Tint::red : row.finished() ? Tint::green : Tint::cyan;
  return fmt::format("{:<{}}  {}{}  {}{}", shortened(row.label, label_width), label_width,
                     tinted(repeat("█", done), tint, terminal.color),
                     tinted(repeat("░", width - done), Tint::dim, terminal.color), behind,
                     tinted(failures, Tint::red, terminal.color && !failures.empty()));
}

std::string render_line(const ProgressRow& row) {
  return fmt::format("{}  {}{}", row.label, counts(row), trouble(row));
}

}  // namespace chatsync::test_cache
