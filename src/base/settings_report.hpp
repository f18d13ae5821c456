#pragma once

#include <string>

#include "base/settings_loader.hpp"

namespace chatsync {

/// What --help prints: every setting with its flag, its environment variable and its default.
std::string help_text();

/// What --version prints.
std::string version_text();

/// What --print-config prints: the value in force of every setting and where it came from. Secrets are `***`.
std::string config_text(const LoadedSettings& loaded);

}  // namespace chatsync
