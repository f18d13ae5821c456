#include "base/settings_report.hpp"

#include <fmt/format.h>

#include <string_view>

#include "base/setting_value.hpp"
#include "base/settings_table.hpp"

namespace chatsync {
namespace {

constexpr std::string_view kUsage =
    "Usage: chatsync [COMMAND] [--FLAG VALUE]...\n"
    "\n"
    "Serves chat sessions over HTTP: answers from a fast cache, and keeps every turn in a durable store.\n"
    "Without any setting it needs no other server. A flag counts more than the environment, the\n"
    "environment more than the .env file, and that more than the default.\n";

constexpr std::string_view kActions =
    "\n"
    "Flags\n"
    "  --env-file PATH                   file of settings; without it .env, if there is one\n"
    "  --print-config                    show the settings in force and where each came from, and end\n"
    "  --version                         show the version, and end\n"
    "  -h, --help                        show this, and end\n";

/// Quoted where a `.env` file would take it for something else.
std::string as_env_value(std::string_view value) {
  if (value.find_first_of(" \t\r\n#'\"\\") == std::string_view::npos) return std::string(value);
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n' || c == '\r') out += '\\';
    out += c == '\n' ? 'n' : c == '\r' ? 'r' : c;
  }
  return out + '"';
}

}  // namespace

std::string help_text() {
  const Settings defaults;
  std::string out(kUsage);
  out += "\nCommands\n";
  for (const CommandRow& row : commands()) {
    const std::string_view space = row.arguments.empty() ? "" : " ";
    out += fmt::format("  {:<33} {}\n", fmt::format("{}{}{}", row.name, space, row.arguments), row.help);
  }
  out += kActions;
  std::string_view group;
  for (const SettingRow& row : settings_table()) {
    if (row.group != group) out += fmt::format("\n{}\n", row.group);
    group = row.group;
    const std::string value = value_text(row, defaults);
    const std::string flag = is_switch(row) ? fmt::format("{}[={}]", flag_of(row), row.unit)
                                            : fmt::format("{} {}", flag_of(row), row.unit);
    out += fmt::format("  {:<33} {}\n", flag, row.help);
    out += fmt::format("    {:<31} default: {}\n", row.name, value.empty() ? "(empty)" : value);
  }
  return out;
}

std::string version_text() { return "chatsync " CHATSYNC_VERSION "\n"; }

std::string config_text(const LoadedSettings& loaded) {
  std::string out;
  for (const SettingRow& row : settings_table()) {
    std::string value = as_env_value(value_text(row, loaded.settings));
    if (row.secret && !value.empty()) value = "***";
    const auto origin = loaded.origins.find(row.name);
    out += fmt::format("{:<40} # {}\n", fmt::format("{}={}", row.name, value),
                       origin == loaded.origins.end() ? "default" : origin->second);
  }
  return out;
}

}  // namespace chatsync
