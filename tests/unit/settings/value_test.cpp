#include <gtest/gtest.h>

#include "base/setting_value.hpp"
#include "unit/settings/load_helpers.hpp"

namespace chatsync {
namespace {

using std::chrono::milliseconds;

TEST(SettingValue, ReadsSecondsWithDecimals) {
  EXPECT_EQ(settings_of({.args = {"--sync-interval", "0.5"}}).sync.interval, milliseconds(500));
  EXPECT_EQ(settings_of({.args = {"--sync-interval", "12"}}).sync.interval, milliseconds(12'000));
  EXPECT_EQ(settings_of({.args = {"--sync-interval", "1.25"}}).sync.interval, milliseconds(1'250));
}

class BadDuration : public testing::TestWithParam<const char*> {};

TEST_P(BadDuration, IsRefusedWithWhatWasExpected) {
  EXPECT_EQ(refusal_of({.environment = {{"SYNC_INTERVAL", GetParam()}}}),
            std::string("SYNC_INTERVAL='") + GetParam() +
                "' (environment): expected seconds from 0.001 to 86400, with at most three decimals");
}

INSTANTIATE_TEST_SUITE_P(SettingValue, BadDuration,
                         testing::Values("", "0", "0.0", "-1", "+1", "1e3", "inf", "nan", "5s", " 5", "1.",
                                         ".", ".5", "0.0001", "86400.001", "18446744073709551616", "1.+5",
                                         "0x10"));

class BadPort : public testing::TestWithParam<const char*> {};

TEST_P(BadPort, IsRefusedWithWhatWasExpected) {
  EXPECT_EQ(
      refusal_of({.environment = {{"HTTP_PORT", GetParam()}}}),
      std::string("HTTP_PORT='") + GetParam() + "' (environment): expected a whole number from 0 to 65535");
}

INSTANTIATE_TEST_SUITE_P(SettingValue, BadPort,
                         testing::Values("", "-1", "+1", "65536", "80.5", "http", "8080 ",
                                         "99999999999999999999"));

TEST(SettingValue, AcceptsTheEndsOfARange) {
  EXPECT_EQ(settings_of({.environment = {{"HTTP_PORT", "0"}}}).http.port, 0);
  EXPECT_EQ(settings_of({.environment = {{"HTTP_PORT", "65535"}}}).http.port, 65'535);
}

TEST(SettingValue, ReadsBoolsInEveryForm) {
  for (const char* yes : {"true", "1", "yes", "on", "TRUE", "On"}) {
    EXPECT_TRUE(settings_of({.environment = {{"REDIS_HOST", "h"}, {"REDIS_TLS", yes}}}).redis.tls) << yes;
  }
  for (const char* no : {"false", "0", "no", "off", "False"}) {
    EXPECT_FALSE(settings_of({.environment = {{"REDIS_HOST", "h"}, {"REDIS_TLS", no}}}).redis.tls) << no;
  }
}

TEST(SettingValue, RefusesOtherBools) {
  EXPECT_EQ(refusal_of({.environment = {{"REDIS_HOST", "h"}, {"REDIS_TLS", "2"}}}),
            "REDIS_TLS='2' (environment): expected true or false (or 1, 0, yes, no, on, off)");
}

TEST(SettingValue, ReadsLogLevels) {
  EXPECT_EQ(settings_of({.environment = {{"LOG_LEVEL", "debug"}}}).log_level, LogLevel::debug);
  EXPECT_EQ(settings_of({.environment = {{"LOG_LEVEL", "WARNING"}}}).log_level, LogLevel::warning);
  EXPECT_EQ(refusal_of({.environment = {{"LOG_LEVEL", "loud"}}}),
            "LOG_LEVEL='loud' (environment): expected debug, info, warning or error");
}

TEST(SettingValue, RefusesAnEmptyTextWhereOneIsNeeded) {
  EXPECT_EQ(refusal_of({.environment = {{"DATA_DIR", ""}}}),
            "DATA_DIR='' (environment): expected a text that is not empty");
}

TEST(SettingValue, NeverShowsASecret) {
  const std::string secret(5'000, 'x');
  EXPECT_EQ(refusal_of({.environment = {{"MYSQL_HOST", "h"}, {"MYSQL_PASSWORD", secret}}}),
            "MYSQL_PASSWORD (environment): expected at most 4096 bytes");
}

TEST(SettingValue, ShowsABadValueOnOneShortLine) {
  const std::string message = refusal_of({.environment = {{"HTTP_PORT", "1\n2" + std::string(500, 'x')}}});
  EXPECT_TRUE(message.starts_with("HTTP_PORT='1?2xxx"));
  EXPECT_LT(message.size(), 200U);
}

TEST(SettingValue, WritesEveryDefaultSoThatItReadsBackTheSame) {
  const Settings defaults;
  for (const SettingRow& row : settings_table()) {
    const std::string text = value_text(row, defaults);
    Settings other;
    ASSERT_TRUE(set_value(row, other, text)) << row.name;
    EXPECT_EQ(value_text(row, other), text) << row.name;
  }
}

}  // namespace
}  // namespace chatsync
