#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/commands.hpp"
#include "base/error.hpp"
#include "base/settings.hpp"

namespace chatsync {

using Environment = std::map<std::string, std::string, std::less<>>;

/// Gives the text of a file, nothing if there is no such file, or an error if it cannot be read.
using FileReader = std::function<Result<std::optional<std::string>>(const std::filesystem::path&)>;

enum class SettingsAction { run, help, version, print_config };

struct LoadedSettings {
  Settings settings;

  /// Where each value that is not the default came from, by the name of its environment variable:
  /// "environment", "flag --http-port" or ".env:12".
  std::map<std::string, std::string, std::less<>> origins;

  /// What the flags ask for. With `help` and `version` nothing else was read or checked; with `print_config`
  /// the settings may contradict each other.
  SettingsAction action = SettingsAction::run;

  /// What to do then: a name out of commands(), and what stands behind it.
  std::string command{kServe};
  std::vector<std::string> arguments;
};

/// Puts the settings together: flags over the environment over the `.env` file over the defaults. `args` are
/// those after the name of the program. The file is the one named by `--env-file`, which must exist, or else
/// `.env` if there is one. A failure is one line that names the key, its origin and what was expected; the
/// value of a secret is never in it.
Result<LoadedSettings> load_settings(std::span<const std::string> args, const Environment& environment,
                                     const FileReader& read_file);

/// The environment of this process. Call before threads are started.
Environment process_environment();

/// The FileReader of production.
Result<std::optional<std::string>> read_settings_file(const std::filesystem::path& path);

}  // namespace chatsync
