#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/settings_report.hpp"
#include "base/settings_table.hpp"
#include "unit/settings/load_helpers.hpp"

namespace chatsync {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(HelpText, NamesEverySettingWithFlagAndVariable) {
  const std::string text = help_text();
  for (const SettingRow& row : settings_table()) {
    EXPECT_THAT(text, HasSubstr("  " + flag_of(row) + (is_switch(row) ? "[=" : " ") + std::string(row.unit)));
    EXPECT_THAT(text, HasSubstr("    " + std::string(row.name) + " "));
  }
}

TEST(HelpText, ShowsDefaultsInTheUnitOfTheSetting) {
  const std::string text = help_text();
  EXPECT_THAT(text, testing::ContainsRegex("SYNC_INTERVAL +default: 300\n"));
  EXPECT_THAT(text, testing::ContainsRegex("REDIS_HOST +default: \\(empty\\)\n"));
}

TEST(HelpText, FitsATerminalOf100Columns) {
  const std::string text = help_text();
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    EXPECT_LE(end - start, 100U) << text.substr(start, end - start);
    start = end + 1;
  }
}

TEST(ConfigText, ShowsEachValueWithItsOrigin) {
  const auto loaded = load({.args = {"--http-port=1"},
                            .environment = {{"LOG_LEVEL", "debug"}},
                            .files = {{".env", "SYNC_INTERVAL=0.5"}}});
  ASSERT_TRUE(loaded);
  const std::string text = config_text(*loaded);
  EXPECT_THAT(text, testing::ContainsRegex("HTTP_PORT=1 +# flag --http-port\n"));
  EXPECT_THAT(text, testing::ContainsRegex("LOG_LEVEL=debug +# environment\n"));
  EXPECT_THAT(text, testing::ContainsRegex("SYNC_INTERVAL=0.5 +# .env:1\n"));
  EXPECT_THAT(text, testing::ContainsRegex("SESSION_TTL=86400 +# default\n"));
}

TEST(ConfigText, HidesSecrets) {
  const auto loaded = load({.environment = {{"REDIS_HOST", "h"}, {"REDIS_PASSWORD", "hunter2"}}});
  ASSERT_TRUE(loaded);
  EXPECT_THAT(config_text(*loaded), HasSubstr("REDIS_PASSWORD=*** "));
  EXPECT_THAT(config_text(*loaded), Not(HasSubstr("hunter2")));
}

TEST(ConfigText, CanBeLoadedAsAFile) {
  const auto loaded =
      load({.environment = {{"DATA_DIR", "a \"dir\" # with \\ and\nmore"}, {"HTTP_PORT", "7"}}});
  ASSERT_TRUE(loaded);
  const Settings again = settings_of({.files = {{".env", config_text(*loaded)}}});
  EXPECT_EQ(again.data_dir, loaded->settings.data_dir);
  EXPECT_EQ(again.http.port, 7);
}

TEST(VersionText, IsOneLine) { EXPECT_THAT(version_text(), testing::MatchesRegex("chatsync [0-9.]+\n")); }

}  // namespace
}  // namespace chatsync
