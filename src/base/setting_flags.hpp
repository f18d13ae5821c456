#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/settings_loader.hpp"

namespace chatsync {

/// What the command line says, its values not yet read.
struct SettingFlags {
  SettingsAction action = SettingsAction::run;
  std::string command{kServe};
  std::vector<std::string> arguments;
  std::optional<std::string> env_file;
  std::map<std::string_view, std::string> values;  ///< By the name of the setting.
};

/// `--redis-host VALUE` or `--redis-host=VALUE` for every setting; a switch may stand alone or as
/// `--redis-tls=false`. The last of several counts. The first argument
/// that is no flag names the command, the others are its arguments.
Result<SettingFlags> parse_setting_flags(std::span<const std::string> args);

}  // namespace chatsync
