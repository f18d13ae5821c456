#include <gtest/gtest.h>

#include <set>
#include <string>

#include "base/setting_value.hpp"
#include "base/settings_table.hpp"

namespace chatsync {
namespace {

TEST(SettingsTable, NamesEachSettingOnce) {
  std::set<std::string_view> names;
  for (const SettingRow& row : settings_table()) EXPECT_TRUE(names.insert(row.name).second) << row.name;
}

TEST(SettingsTable, KeepsTheRowsOfAGroupTogether) {
  std::set<std::string_view> groups;
  std::string_view last;
  for (const SettingRow& row : settings_table()) {
    if (row.group != last) EXPECT_TRUE(groups.insert(row.group).second) << row.group;
    last = row.group;
  }
}

/// A value that differs from the default of the row.
std::string other_value(const SettingRow& row) {
  const std::string value = value_text(row, Settings());
  if (is_switch(row)) return value == "true" ? "false" : "true";
  if (value == "info") return "debug";
  if (row.bounds.least > 2) return "2000";
  return value == "2" ? "3" : "2";
}

TEST(SettingsTable, GivesEachSettingAFieldOfItsOwn) {
  for (const SettingRow& changed : settings_table()) {
    Settings settings;
    ASSERT_TRUE(set_value(changed, settings, other_value(changed))) << changed.name;
    for (const SettingRow& row : settings_table()) {
      const bool same = value_text(row, settings) == value_text(row, Settings());
      EXPECT_EQ(same, row.name != changed.name) << changed.name << " and " << row.name;
    }
  }
}

TEST(SettingsTable, MakesFlagsFromNames) {
  EXPECT_EQ(flag_of(*find_setting("REDIS_TLS_CA")), "--redis-tls-ca");
  EXPECT_EQ(find_setting("NOTHING"), nullptr);
}

TEST(SettingsTable, MarksPasswordsAndKeysAsSecret) {
  for (const SettingRow& row : settings_table()) {
    const bool secret =
        row.name.ends_with("PASSWORD") || row.name.ends_with("API_KEY") || row.name == "API_KEYS";
    EXPECT_EQ(row.secret, secret) << row.name;
  }
}

}  // namespace
}  // namespace chatsync
