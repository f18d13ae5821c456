#include "base/setting_value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <limits>
#include <optional>
#include <utility>

namespace chatsync {
namespace {

using Outcome = std::expected<void, std::string>;

constexpr auto kLevels = std::to_array<std::pair<std::string_view, LogLevel>>({{"debug", LogLevel::debug},
                                                                               {"info", LogLevel::info},
                                                                               {"warning", LogLevel::warning},
                                                                               {"error", LogLevel::error}});

constexpr auto kBools = std::to_array<std::pair<std::string_view, bool>>({{"true", true},
                                                                          {"false", false},
                                                                          {"1", true},
                                                                          {"0", false},
                                                                          {"yes", true},
                                                                          {"no", false},
                                                                          {"on", true},
                                                                          {"off", false}});

template <class Words>
auto find_word(const Words& words, std::string_view text) -> std::optional<decltype(words[0].second)> {
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a | 0x20 : a) == b; };
  for (const auto& [word, value] : words) {
    if (std::ranges::equal(text, word, same)) return value;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> whole_number(std::string_view digits) {
  std::uint64_t number = 0;
  const auto [stop, problem] = std::from_chars(digits.begin(), digits.end(), number);
  if (digits.empty() || problem != std::errc() || stop != digits.end()) return std::nullopt;
  return number;
}

/// "12", "0.5" or "1.250" seconds as milliseconds; nothing with more decimals or any other sign.
std::optional<std::uint64_t> milliseconds(std::string_view text) {
  const std::size_t point = text.find('.');
  const auto seconds = whole_number(text.substr(0, point));
  if (!seconds || *seconds > std::numeric_limits<std::uint64_t>::max() / 1'000 - 1) return std::nullopt;
  if (point == std::string_view::npos) return *seconds * 1'000;
  std::string decimals(text.substr(point + 1));
  if (decimals.empty() || decimals.size() > 3) return std::nullopt;
  decimals.resize(3, '0');
  const auto rest = whole_number(decimals);
  if (!rest) return std::nullopt;
  return *seconds * 1'000 + *rest;
}

std::string seconds_text(std::uint64_t total_ms) {
  std::string text = fmt::format("{}.{:03}", total_ms / 1'000, total_ms % 1'000);
  text.resize(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

bool within(const SettingBounds& bounds, std::optional<std::uint64_t> value) {
  return value && *value >= bounds.least && *value <= bounds.most;
}

/// Reads a value of each kind; one overload a kind.
struct Reader {
  const SettingBounds& bounds;
  std::string_view text;

  Outcome operator()(std::string& value) const {
    if (text.empty() && bounds.least > 0) return std::unexpected("a text that is not empty");
    if (text.size() > bounds.most) return std::unexpected(fmt::format("at most {} bytes", bounds.most));
    if (text.find('\0') != std::string_view::npos) return std::unexpected("a text without zero bytes");
    value = text;
    return {};
  }

  Outcome operator()(std::filesystem::path& value) const {
    std::string path;
    Outcome outcome = (*this)(path);
    if (outcome) value = std::move(path);
    return outcome;
  }

  Outcome operator()(bool& value) const {
    const auto found = find_word(kBools, text);
    if (!found) return std::unexpected("true or false (or 1, 0, yes, no, on, off)");
    value = *found;
    return {};
  }

  Outcome operator()(LogLevel& value) const {
    const auto found = find_word(kLevels, text);
    if (!found) return std::unexpected("debug, info, warning or error");
    value = *found;
    return {};
  }

  Outcome operator()(std::chrono::milliseconds& value) const {
    const auto number = milliseconds(text);
    if (!within(bounds, number)) {
      return std::unexpected(fmt::format("seconds from {} to {}, with at most three decimals",
                                         seconds_text(bounds.least), seconds_text(bounds.most)));
    }
    value = std::chrono::milliseconds(*number);
    return {};
  }

  template <std::unsigned_integral Number>
  Outcome operator()(Number& value) const {
    const auto number = whole_number(text);
    if (!within(bounds, number)) {
      return std::unexpected(fmt::format("a whole number from {} to {}", bounds.least, bounds.most));
    }
    value = static_cast<Number>(*number);
    return {};
  }
};

struct Writer {
  std::string operator()(const std::string& value) const { return value; }
  std::string operator()(const std::filesystem::path& value) const { return value.string(); }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(LogLevel value) const {
    return std::string(
        std::ranges::find(kLevels, value, [](const auto& level) { return level.second; })->first);
  }
  std::string operator()(std::chrono::milliseconds value) const {
    return seconds_text(static_cast<std::uint64_t>(value.count()));
  }
  template <std::unsigned_integral Number>
  std::string operator()(Number value) const {
    return std::to_string(value);
  }
};

}  // namespace

Outcome set_value(const SettingRow& row, Settings& settings, std::string_view text) {
  const Reader read{row.bounds, text};
  return std::visit([&](const auto field) { return read(field(settings)); }, row.field);
}

std::string value_text(const SettingRow& row, const Settings& settings) {
  // The table's accessors take a mutable object, to serve set_value() as well.
  Settings copy = settings;
  return std::visit([&](const auto field) { return Writer{}(field(copy)); }, row.field);
}

}  // namespace chatsync
