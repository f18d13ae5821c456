#include "run/figure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace chatsync::bench {

double median(Samples samples) {
  if (samples.empty()) return 0;
  std::ranges::sort(samples);
  const std::size_t middle = samples.size() / 2;
  return samples.size() % 2 == 1 ? samples[middle] : (samples[middle - 1] + samples[middle]) / 2;
}

Samples ratios(const Figure& figure) {
  Samples result;
  const std::size_t rounds = std::min(figure.ours.size(), figure.yardstick.size());
  for (std::size_t i = 0; i < rounds; ++i) {
    if (figure.yardstick[i] > 0) result.push_back(figure.ours[i] / figure.yardstick[i]);
  }
  return result;
}

std::optional<bool> is_met(const Figure& figure) {
  if (!figure.target) return std::nullopt;
  const Samples samples = figure.target->of == Of::ours ? figure.ours : ratios(figure);
  if (samples.empty()) return std::nullopt;
  const double value = median(samples);
  const double limit = figure.target->of == Of::ours ? figure.target->limit : limit_of_ratio(*figure.target);
  return figure.target->sense == Sense::at_least ? value >= limit : value <= limit;
}

std::string text_of_target(const Figure& figure) {
  if (!figure.target) return {};
  const Target& target = *figure.target;
  const char* sense = target.sense == Sense::at_least ? "≥" : "≤";
  const std::string limit = text_of_number(target.limit);
  if (target.of == Of::ours) return fmt::format("{} {} {}", sense, limit, figure.unit);
  if (target.beside == 0) return fmt::format("{} {} ×", sense, limit);
  return fmt::format("{} {:.2f} × [{}/{}]", sense, limit_of_ratio(target), limit,
                     text_of_number(target.beside));
}

std::string text_of_verdict(const Figure& figure) {
  if (!figure.skipped.empty()) return "skipped";
  const auto met = is_met(figure);
  if (!met) return {};
  return *met ? "met" : "missed";
}

std::string text_of_number(double number) {
  const double size = std::abs(number);
  if (size >= 1'000) {
    const std::string digits = fmt::format("{:.0f}", number);
    std::string grouped;
    for (std::size_t i = 0; i < digits.size(); ++i) {
      const std::size_t left = digits.size() - i;
      if (i > 0 && left % 3 == 0 && digits[i - 1] != '-') grouped += ',';
      grouped += digits[i];
    }
    return grouped;
  }
  if (size >= 100) return fmt::format("{:.0f}", number);
  if (size >= 10) return fmt::format("{:.3g}", number);
  return fmt::format("{:.3g}", number);
}

}  // namespace chatsync::bench
