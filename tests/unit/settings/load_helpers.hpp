#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/settings_loader.hpp"

namespace chatsync {

/// Everything that settings can come from, as a test puts it.
struct Sources {
  std::vector<std::string> args = {};
  Environment environment = {};
  std::map<std::string, std::string> files = {};  ///< Path to text.
};

Result<LoadedSettings> load(const Sources& sources);

/// The settings of sources that must be good.
Settings settings_of(const Sources& sources);

/// The message of sources that must be refused.
std::string refusal_of(const Sources& sources);

}  // namespace chatsync
