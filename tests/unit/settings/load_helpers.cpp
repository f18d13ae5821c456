#include "unit/settings/load_helpers.hpp"

#include <gtest/gtest.h>

namespace chatsync {

Result<LoadedSettings> load(const Sources& sources) {
  return load_settings(sources.args, sources.environment,
                       [&](const std::filesystem::path& path) -> Result<std::optional<std::string>> {
                         const auto file = sources.files.find(path.string());
                         if (file == sources.files.end()) return std::nullopt;
                         return file->second;
                       });
}

Settings settings_of(const Sources& sources) {
  const auto loaded = load(sources);
  if (!loaded) {
    ADD_FAILURE() << loaded.error().message;
    return {};
  }
  return loaded->settings;
}

std::string refusal_of(const Sources& sources) {
  const auto loaded = load(sources);
  if (loaded) {
    ADD_FAILURE() << "the settings were accepted";
    return {};
  }
  EXPECT_EQ(loaded.error().kind, ErrorKind::invalid_argument);
  EXPECT_EQ(loaded.error().message.find('\n'), std::string::npos);
  return loaded.error().message;
}

}  // namespace chatsync
