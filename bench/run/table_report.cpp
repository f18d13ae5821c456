#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "run/report.hpp"

namespace chatsync::bench {
namespace {

using Cells = std::array<std::string, 7>;

constexpr std::string_view kHowJudged =
    "\nA target with [x/y] was set as x, on a machine where what stands under yardstick was y; it is judged "
    "by the "
    "ratio, in this run.\n";

std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string median_with_range(const Samples& samples) {
  if (samples.empty()) return {};
  const auto [least, most] = std::ranges::minmax(samples);
  if (samples.size() == 1) return text_of_number(least);
  return fmt::format("{} ({}–{})", text_of_number(median(samples)), text_of_number(least),
                     text_of_number(most));
}

Cells cells_of(const Figure& figure) {
  const Samples ratio = ratios(figure);
  std::string ours = figure.ours.empty() ? "" : median_with_range(figure.ours) + " " + figure.unit;
  std::string yardstick = median_with_range(figure.yardstick);
  if (!figure.yardstick_name.empty()) yardstick += " " + figure.yardstick_name;
  return {figure.what,
          std::move(ours),
          std::move(yardstick),
          ratio.empty() ? "" : fmt::format("{:.2f}", median(ratio)),
          text_of_target(figure),
          text_of_verdict(figure),
          figure.skipped.empty() ? figure.note : figure.skipped};
}

}  // namespace

std::string warning_of(const Machine& machine) {
  if (machine.quiet) return {};
  return fmt::format(
      "The machine is NOT quiet: {:.0f} % of its CPU time went elsewhere in the second before, load average "
      "{:.2f}. Read the figures as ratios at most.",
      100 * machine.busy_share, machine.load_average);
}

std::string text_of(const Report& report) {
  std::vector<Cells> lines{{"what", "ours", "yardstick", "ratio", "target", "", ""}};
  for (const Figure& figure : report.figures) lines.push_back(cells_of(figure));
  std::array<std::size_t, 7> widths{};
  for (const Cells& cells : lines) {
    for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], width_of(cells[i]));
  }
  std::string text = fmt::format(
      "Medians (min–max) of {} rounds of {} s, {} cores ({}) shared by load, servers and yardsticks.\n"
      "A turn is a question of 237 bytes and its echo of 243, over 10,000 sessions where nothing else is "
      "said; ratios are medians of the rounds' own.\n",
      report.plan.rounds, text_of_number(report.plan.seconds), report.machine.cores,
      report.machine.processor);
  if (!report.machine.quiet) text += warning_of(report.machine) + "\n";
  text += '\n';
  for (const Cells& cells : lines) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      line += cells[i] + std::string(widths[i] - width_of(cells[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  text += kHowJudged;
  return text;
}

}  // namespace chatsync::bench
