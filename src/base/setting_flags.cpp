#include "base/setting_flags.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>
#include <vector>

#include "base/setting_names.hpp"
#include "base/settings_table.hpp"

namespace chatsync {
namespace {

std::unexpected<Error> bad_flag(std::string message) {
  return fail(ErrorKind::invalid_argument, std::move(message));
}

/// CLI11 takes from the back. It also reads `--flag=` as a flag whose value is the next argument.
std::vector<std::string> prepared(std::span<const std::string> args) {
  std::vector<std::string> reversed;
  for (const std::string& arg : args) {
    const bool empty_value = arg.starts_with("--") && arg.find('=') == arg.size() - 1;
    reversed.push_back(empty_value ? arg.substr(0, arg.size() - 1) : arg);
    if (empty_value) reversed.emplace_back();
  }
  std::ranges::reverse(reversed);
  return reversed;
}

std::string explain_unknown_flag(const std::string& arg) {
  const std::string flag = arg.substr(0, arg.find('='));
  const auto meant = nearest_flag(flag);
  return meant ? fmt::format("unknown flag {}; did you mean {}?", flag, *meant)
               : fmt::format("unknown flag {}; --help lists all", flag);
}

}  // namespace

Result<SettingFlags> parse_setting_flags(std::span<const std::string> args) {
  SettingFlags flags;
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();

  for (const SettingRow& row : settings_table()) {
    std::string& value = flags.values[row.name];
    CLI::Option* const option =
        is_switch(row) ? app.add_flag(flag_of(row), value) : app.add_option(flag_of(row), value);
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }
  app.add_option("--env-file", flags.env_file)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  const CLI::Option* const help = app.add_flag("-h,--help");
  const CLI::Option* const version = app.add_flag("--version");
  const CLI::Option* const print_config = app.add_flag("--print-config");

  try {
    app.parse(prepared(args));
  } catch (const CLI::ArgumentMismatch& error) {
    // Its text begins with the flag and goes on in words of its own.
    const std::string_view text = error.what();
    return bad_flag(fmt::format("{} needs a value", text.substr(0, text.find(':'))));
  } catch (const CLI::ParseError& error) {
    return bad_flag(error.what());
  }
  bool named = false;
  for (std::string& extra : app.remaining()) {
    const bool is_flag = extra.starts_with("-");
    const bool is_own = named && is_flag_of_command(flags.command, extra.substr(0, extra.find('=')));
    if (is_flag && !is_own) return bad_flag(explain_unknown_flag(extra));
    if (std::exchange(named, true)) {
      flags.arguments.push_back(std::move(extra));
    } else {
      flags.command = std::move(extra);
    }
  }
  if (auto complaint = complaint_about_command(flags.command, flags.arguments)) {
    return bad_flag(std::move(*complaint));
  }

  if (print_config->count() > 0) flags.action = SettingsAction::print_config;
  if (version->count() > 0) flags.action = SettingsAction::version;
  if (help->count() > 0) flags.action = SettingsAction::help;
  // Every setting has its place in the map; only those that were given count.
  std::erase_if(flags.values,
                [&](const auto& entry) { return app.count(flag_of(*find_setting(entry.first))) == 0; });
  return flags;
}

}  // namespace chatsync
