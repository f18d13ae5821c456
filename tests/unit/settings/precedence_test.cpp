#include <gtest/gtest.h>

#include "unit/settings/load_helpers.hpp"

namespace chatsync {
namespace {

using std::chrono::seconds;

TEST(LoadSettings, GivesTheDefaultsWithoutAnySource) {
  const auto loaded = load({});
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->settings.http.port, 8080);
  EXPECT_FALSE(loaded->settings.redis.enabled());
  EXPECT_FALSE(loaded->settings.mysql.enabled());
  EXPECT_TRUE(loaded->origins.empty());
  EXPECT_EQ(loaded->action, SettingsAction::run);
}

TEST(LoadSettings, ReadsTheUsualFileAsItIsPrinted) {
  const auto loaded = load({.files = {{".env",
                                       "# Redis Configuration\n"
                                       "REDIS_HOST=localhost\n"
                                       "REDIS_PORT=6379\n"
                                       "REDIS_DB=0\n"
                                       "SYNC_INTERVAL=300  # Thời gian giữa các lần đồng bộ (giây)\n"}}});
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->settings.redis.host, "localhost");
  EXPECT_EQ(loaded->settings.redis.port, 6379);
  EXPECT_EQ(loaded->settings.redis.database, 0U);
  EXPECT_EQ(loaded->settings.sync.interval, seconds(300));
  EXPECT_EQ(loaded->origins.at("SYNC_INTERVAL"), ".env:5");
}

TEST(LoadSettings, PutsTheEnvironmentOverTheFile) {
  const auto loaded =
      load({.environment = {{"HTTP_PORT", "2"}}, .files = {{".env", "HTTP_PORT=1\nSESSION_TTL=60\n"}}});
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->settings.http.port, 2);
  EXPECT_EQ(loaded->settings.session_ttl, seconds(60));
  EXPECT_EQ(loaded->origins.at("HTTP_PORT"), "environment");
  EXPECT_EQ(loaded->origins.at("SESSION_TTL"), ".env:2");
}

TEST(LoadSettings, PutsFlagsOverTheEnvironment) {
  const auto loaded = load({.args = {"--http-port", "3"}, .environment = {{"HTTP_PORT", "2"}}});
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->settings.http.port, 3);
  EXPECT_EQ(loaded->origins.at("HTTP_PORT"), "flag --http-port");
}

TEST(LoadSettings, LetsAnEmptyEnvironmentVariableReplaceTheFile) {
  EXPECT_FALSE(
      settings_of({.environment = {{"REDIS_HOST", ""}}, .files = {{".env", "REDIS_HOST=a\nREDIS_DB=1"}}})
          .redis.enabled());
}

TEST(LoadSettings, TakesTheLastOfSeveralFlags) {
  EXPECT_EQ(settings_of({.args = {"--http-port", "1", "--http-port=2"}}).http.port, 2);
}

TEST(LoadSettings, TakesTheLastOfSeveralLines) {
  EXPECT_EQ(settings_of({.files = {{".env", "HTTP_PORT=1\nHTTP_PORT=2"}}}).http.port, 2);
}

TEST(LoadSettings, TakesEmptyAndDashedFlagValues) {
  const Sources sources{
      .args = {"--redis-host=", "--http-port", "9", "--mysql-host=h", "--mysql-password=-x-"},
      .environment = {{"REDIS_HOST", "r"}}};
  const Settings settings = settings_of(sources);
  EXPECT_EQ(settings.redis.host, "");
  EXPECT_EQ(settings.http.port, 9);
  EXPECT_EQ(settings.mysql.password, "-x-");
}

TEST(LoadSettings, TakesASwitchWithAndWithoutValue) {
  EXPECT_TRUE(settings_of({.args = {"--redis-host", "h", "--redis-tls"}}).redis.tls);
  EXPECT_FALSE(settings_of({.args = {"--redis-host", "h", "--redis-tls", "--redis-tls=off"}}).redis.tls);
}

TEST(LoadSettings, ReadsTheNamedFileInPlaceOfTheUsualOne) {
  const auto loaded =
      load({.args = {"--env-file", "conf/prod.env"},
            .files = {{".env", "HTTP_PORT=1\nSESSION_TTL=60"}, {"conf/prod.env", "HTTP_PORT=2"}}});
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->settings.http.port, 2);
  EXPECT_EQ(loaded->settings.session_ttl, Settings().session_ttl);
  EXPECT_EQ(loaded->origins.at("HTTP_PORT"), "conf/prod.env:1");
}

TEST(LoadSettings, RefusesANamedFileThatIsMissing) {
  EXPECT_EQ(refusal_of({.args = {"--env-file", "prod.env"}}), "--env-file: there is no file prod.env");
}

TEST(LoadSettings, HandsOnThatAFileCannotBeRead) {
  const auto unreadable = [](const std::filesystem::path&) -> Result<std::optional<std::string>> {
    return fail(ErrorKind::invalid_argument, "cannot be read");
  };
  const auto loaded = load_settings({}, {}, unreadable);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().message, "cannot be read");
}

TEST(LoadSettings, NamesFileAndLineOfABadValue) {
  EXPECT_EQ(refusal_of({.files = {{".env", "\nHTTP_PORT=x"}}}),
            "HTTP_PORT='x' (.env:2): expected a whole number from 0 to 65535");
}

TEST(LoadSettings, NamesTheFlagOfABadValue) {
  EXPECT_EQ(refusal_of({.args = {"--http-port", "-1"}}),
            "HTTP_PORT='-1' (flag --http-port): expected a whole number from 0 to 65535");
}

TEST(LoadSettings, SuggestsTheFlagThatWasMeant) {
  EXPECT_EQ(refusal_of({.args = {"--http-prot=1"}}), "unknown flag --http-prot; did you mean --http-port?");
  EXPECT_EQ(refusal_of({.args = {"--colour"}}), "unknown flag --colour; --help lists all");
}

TEST(LoadSettings, RefusesAFlagWithoutItsValue) {
  EXPECT_EQ(refusal_of({.args = {"--http-port"}}), "--http-port needs a value");
}

TEST(LoadSettings, KnowsTheActions) {
  EXPECT_EQ(load({.args = {"--help"}})->action, SettingsAction::help);
  EXPECT_EQ(load({.args = {"-h"}})->action, SettingsAction::help);
  EXPECT_EQ(load({.args = {"--version"}})->action, SettingsAction::version);
  EXPECT_EQ(load({.args = {"--print-config", "--http-port", "1"}})->action, SettingsAction::print_config);
}

TEST(LoadSettings, HelpsInSpiteOfABadFile) {
  EXPECT_EQ(load({.args = {"--help"}, .files = {{".env", "nonsense"}}})->action, SettingsAction::help);
}

}  // namespace
}  // namespace chatsync
