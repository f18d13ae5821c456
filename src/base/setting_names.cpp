// A misspelt setting must not be ignored: the server would run with a default that nobody asked for. But a
// `.env` file is often shared with other programs, and an environment always is. So a file's key is refused
// when it begins as ours do or is a slip away from one of ours, and an environment's name only when both
// hold.
#include "base/setting_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <vector>

#include "base/settings_table.hpp"

namespace chatsync {
namespace {

constexpr std::size_t kSlip = 2;  ///< Edits up to which a name counts as a misspelling of another.

constexpr auto kPrefixes =
    std::to_array<std::string_view>({"REDIS_", "MYSQL_", "LLM_", "API_KEYS", "SYNC_", "HTTP_", "SESSION_",
                                     "SHUTDOWN_", "DATA_DIR", "LOG_LEVEL"});

/// Names that begin like ours but are well known as those of other programs.
constexpr auto kForeign = std::to_array<std::string_view>(
    {"API_KEY", "HTTP_PROXY", "HTTPS_PROXY", "HTTPS_PORT", "MYSQL_ROOT_PASSWORD", "MYSQL_ROOT_HOST",
     "MYSQL_CHARSET", "MYSQL_ALLOW_EMPTY_PASSWORD", "MYSQL_RANDOM_ROOT_PASSWORD", "MYSQL_ONETIME_PASSWORD",
     "MYSQL_INITDB_SKIP_TZINFO", "SESSION_SECRET", "SESSION_COOKIE_NAME"});

std::string upper(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

/// "REDIS_" of "REDIS_HOST".
std::string_view first_word(std::string_view name) { return name.substr(0, name.find('_') + 1); }

struct Nearest {
  std::string_view name;
  std::size_t distance = std::numeric_limits<std::size_t>::max();
};

Nearest nearest_setting(std::string_view name, std::string_view prefix) {
  Nearest best;
  for (const SettingRow& row : settings_table()) {
    if (!row.name.starts_with(prefix)) continue;
    const std::size_t distance = edit_distance(name, row.name);
    if (distance < best.distance) best = {row.name, distance};
  }
  return best;
}

std::vector<std::string_view> settings_with(std::string_view prefix) {
  std::vector<std::string_view> names;
  for (const SettingRow& row : settings_table()) {
    if (row.name.starts_with(prefix)) names.push_back(row.name);
  }
  return names;
}

bool is_foreign(std::string_view name) { return std::ranges::find(kForeign, name) != kForeign.end(); }

std::string did_you_mean(std::string_view name) {
  return fmt::format("unknown setting; did you mean {}?", name);
}

}  // namespace

std::size_t edit_distance(std::string_view from, std::string_view to) {
  // Three rows of the usual table: the one before the last is needed for swaps.
  std::vector<std::size_t> before(to.size() + 1);
  std::vector<std::size_t> last(to.size() + 1);
  std::vector<std::size_t> row(to.size() + 1);
  for (std::size_t j = 0; j <= to.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= from.size(); ++i) {
    before = std::exchange(last, row);
    row[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[to.size()];
}

std::optional<std::string> complaint_about_file_key(std::string_view key) {
  if (find_setting(key) != nullptr) return std::nullopt;
  const std::string name = upper(key);
  if (is_foreign(name)) return std::nullopt;

  const Nearest slip = nearest_setting(name, "");
  if (slip.distance <= kSlip) return did_you_mean(slip.name);
  const auto prefix = std::ranges::find_if(kPrefixes, [&](auto ours) { return key.starts_with(ours); });
  if (prefix == kPrefixes.end()) return std::nullopt;
  return fmt::format("unknown setting; there are {}", fmt::join(settings_with(*prefix), ", "));
}

std::optional<std::string> complaint_about_variable(std::string_view name) {
  if (find_setting(name) != nullptr) return std::nullopt;
  if (is_foreign(name)) return std::nullopt;

  const std::string_view prefix = first_word(name);
  if (prefix.empty()) return std::nullopt;
  const Nearest slip = nearest_setting(name, prefix);
  if (slip.distance > kSlip) return std::nullopt;
  return did_you_mean(slip.name);
}

std::optional<std::string> nearest_flag(std::string_view flag) {
  std::optional<std::string> best;
  std::size_t least = kSlip + 1;
  const auto consider = [&](std::string candidate) {
    const std::size_t distance = edit_distance(flag, candidate);
    if (distance >= least) return;
    least = distance;
    best = std::move(candidate);
  };
  for (const SettingRow& row : settings_table()) consider(flag_of(row));
  for (const char* action : {"--help", "--version", "--print-config", "--env-file"}) consider(action);
  return best;
}

}  // namespace chatsync
