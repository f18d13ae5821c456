#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/settings_report.hpp"
#include "unit/settings/load_helpers.hpp"

namespace chatsync {
namespace {

using testing::HasSubstr;

TEST(Command, IsToServeIfNoneIsNamed) {
  const auto loaded = load({});
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->command, "serve");
  EXPECT_THAT(loaded->arguments, testing::IsEmpty());
}

TEST(Command, MayStandBeforeAndBehindTheSettings) {
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{"doctor", "--http-port", "1"}, {"--http-port=1", "doctor"}}) {
    const auto loaded = load({.args = args});
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(loaded->command, "doctor");
    EXPECT_EQ(loaded->settings.http.port, 1);
  }
}

TEST(Command, IsNotTakenForTheValueOfASwitch) {
  const auto loaded = load({.args = {"--redis-host=h", "--redis-tls", "doctor"}});
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->command, "doctor");
  EXPECT_TRUE(loaded->settings.redis.tls);
}

TEST(Command, IsCheckedWithItsSettings) {
  EXPECT_EQ(refusal_of({.args = {"doctor", "--http-port=x"}}),
            "HTTP_PORT='x' (flag --http-port): expected a whole number from 0 to 65535");
}

TEST(Command, GetsTheFlagsOfItsOwnAsArguments) {
  const auto loaded =
      load({.args = {"dead-letters", "list", "--limit", "5", "--http-port=1", "--session=s"}});
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_THAT(loaded->arguments, testing::ElementsAre("list", "--limit", "5", "--session=s"));
  EXPECT_EQ(loaded->settings.http.port, 1);
}

TEST(Command, HasNoUseForTheFlagsOfAnother) {
  EXPECT_THAT(refusal_of({.args = {"verify", "--yes"}}), HasSubstr("unknown flag --yes"));
  EXPECT_THAT(refusal_of({.args = {"--yes", "dead-letters"}}), HasSubstr("unknown flag --yes"));
}

TEST(Command, ThatIsUnknownIsRefusedWithTheOneThatWasMeant) {
  EXPECT_EQ(refusal_of({.args = {"docter"}}), "unknown command 'docter'; did you mean doctor?");
}

TEST(Command, ThatIsLikeNoneIsRefusedWithAllThereAre) {
  EXPECT_THAT(refusal_of({.args = {"http-port=1"}}),
              testing::AllOf(HasSubstr("unknown command 'http-port=1'; there are serve, doctor"),
                             HasSubstr("and settings begin with --")));
}

TEST(Command, WithoutArgumentsRefusesThem) {
  EXPECT_EQ(refusal_of({.args = {"serve", "8080"}}),
            "serve takes no argument, but got '8080'; settings begin with --");
}

TEST(HelpText, NamesEveryCommand) {
  for (const CommandRow& row : commands()) {
    EXPECT_THAT(help_text(), HasSubstr("  " + std::string(row.name) + " "));
  }
}

}  // namespace
}  // namespace chatsync
