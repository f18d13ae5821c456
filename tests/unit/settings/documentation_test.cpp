#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>

#include "base/setting_value.hpp"
#include "base/settings_table.hpp"

namespace chatsync {
namespace {

std::string reference() {
  std::ifstream file(CHATSYNC_CONFIGURATION_DOC);
  EXPECT_TRUE(file) << CHATSYNC_CONFIGURATION_DOC;
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(ConfigurationDocument, HasEverySettingWithItsFlagAndDefault) {
  const std::string text = reference();
  const Settings defaults;
  for (const SettingRow& row : settings_table()) {
    const std::string value = value_text(row, defaults);
    const std::string shown = value.empty() ? "empty" : fmt::format("`{}`", value);
    EXPECT_THAT(text, testing::HasSubstr(fmt::format("| `{}` | `{}` | {} |", row.name, flag_of(row), shown)));
  }
}

TEST(ConfigurationDocument, HasNoUnknownSetting) {
  const std::string text = reference();
  const std::regex first_column("\n\\| `([^`]*)` \\|");
  const std::sregex_iterator none;
  for (std::sregex_iterator found(text.begin(), text.end(), first_column); found != none; ++found) {
    EXPECT_NE(find_setting((*found)[1].str()), nullptr) << (*found)[1];
  }
}

TEST(ConfigurationDocument, HasNoUnknownFlag) {
  const std::string text = reference();
  const std::regex flag("\\| `(--[a-z-]+)` \\|");
  const std::sregex_iterator none;
  for (std::sregex_iterator found(text.begin(), text.end(), flag); found != none; ++found) {
    const auto is_meant = [&](const SettingRow& row) { return flag_of(row) == (*found)[1]; };
    EXPECT_TRUE(std::ranges::any_of(settings_table(), is_meant)) << (*found)[1];
  }
}

}  // namespace
}  // namespace chatsync
