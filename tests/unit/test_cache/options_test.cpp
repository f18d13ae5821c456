#include "test_cache/options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chatsync::test_cache {
namespace {

using testing::HasSubstr;
using testing::Not;

Options parsed(std::vector<std::string> arguments) {
  auto options = parse_options(std::move(arguments));
  EXPECT_TRUE(options) << options.error().text;
  return options.value_or(Options{});
}

EarlyExit refused(std::vector<std::string> arguments) {
  const auto options = parse_options(std::move(arguments));
  return options ? EarlyExit{.code = -1, .text = "accepted"} : options.error();
}

TEST(TestCacheOptions, WithoutAnyAreTheDefaultsOfTheSpecification) {
  const Options options = parsed({});
  EXPECT_EQ(options.action, Action::send);
  EXPECT_EQ(options.url, "http://127.0.0.1:8080");
  EXPECT_EQ(options.session, std::nullopt);
  EXPECT_EQ(options.user, "1");
  EXPECT_EQ(options.messages, 5);
  EXPECT_EQ(options.delay, std::chrono::seconds{1});
  EXPECT_EQ(options.parallel, 1);
  EXPECT_FALSE(options.sync);
  EXPECT_FALSE(options.json);
}

TEST(TestCacheOptions, AllSendingOptionsAreTaken) {
  const Options options = parsed({"--session", "abc", "--user", "an@x", "--messages", "7", "--delay", "0.25",
                                  "--parallel", "3", "--sync", "--json", "--url", "http://host:1/base/"});
  EXPECT_EQ(options.action, Action::send);
  EXPECT_EQ(options.session, "abc");
  EXPECT_EQ(options.user, "an@x");
  EXPECT_EQ(options.messages, 7);
  EXPECT_EQ(options.delay, std::chrono::milliseconds{250});
  EXPECT_EQ(options.parallel, 3);
  EXPECT_TRUE(options.sync);
  EXPECT_TRUE(options.json);
  EXPECT_EQ(options.url, "http://host:1/base");
}

TEST(TestCacheOptions, SyncAloneSendsNothing) {
  EXPECT_EQ(parsed({"--sync"}).action, Action::sync_only);
  EXPECT_EQ(parsed({"--sync", "--json", "--url", "http://host"}).action, Action::sync_only);
}

TEST(TestCacheOptions, SyncWithASendingOptionSends) {
  EXPECT_EQ(parsed({"--sync", "--messages", "5"}).action, Action::send);
  EXPECT_EQ(parsed({"--sync", "--session", "abc"}).action, Action::send);
  EXPECT_EQ(parsed({"--sync", "--parallel", "1"}).action, Action::send);
}

TEST(TestCacheOptions, StatsOnlyShows) {
  const Options options = parsed({"--stats", "session_id_here"});
  EXPECT_EQ(options.action, Action::stats);
  EXPECT_EQ(options.stats_session, "session_id_here");
}

TEST(TestCacheOptions, StatsWithASendingOptionIsRefused) {
  const EarlyExit exit = refused({"--stats", "abc", "--messages", "3"});
  EXPECT_EQ(exit.code, 2);
  EXPECT_THAT(exit.text, HasSubstr("--messages"));
}

TEST(TestCacheOptions, HelpNamesEveryOptionAndExitsWithZero) {
  const EarlyExit exit = refused({"--help"});
  EXPECT_EQ(exit.code, 0);
  for (const char* option : {"--session", "--user", "--messages", "--delay", "--parallel", "--sync",
                             "--stats", "--url", "--json"}) {
    EXPECT_THAT(exit.text, HasSubstr(option));
  }
}

struct BadOption {
  std::string name;
  std::string value;
};

class TestCacheBadOption : public testing::TestWithParam<BadOption> {};

TEST_P(TestCacheBadOption, IsOneLineThatNamesIt) {
  const EarlyExit exit = refused({GetParam().name, GetParam().value});
  EXPECT_EQ(exit.code, 2);
  EXPECT_THAT(exit.text, HasSubstr(GetParam().name));
  EXPECT_THAT(exit.text, Not(HasSubstr("\n")));
}

INSTANTIATE_TEST_SUITE_P(
    Values, TestCacheBadOption,
    testing::Values(BadOption{"--messages", "0"}, BadOption{"--messages", "1.5"},
                    BadOption{"--messages", "many"}, BadOption{"--messages", "0x5"},
                    BadOption{"--delay", "-1"}, BadOption{"--delay", "nan"}, BadOption{"--delay", "inf"},
                    BadOption{"--delay", "1s"}, BadOption{"--parallel", "0"}, BadOption{"--parallel", "-2"},
                    BadOption{"--user", "a/b"}, BadOption{"--user", std::string(129, 'u')},
                    BadOption{"--session", "phiên"}, BadOption{"--session", std::string(65, 's')},
                    BadOption{"--stats", "a b"}, BadOption{"--url", "localhost:8080"},
                    BadOption{"--url", "http://host/?q=1"}, BadOption{"--bogus", "1"}));

}  // namespace
}  // namespace chatsync::test_cache
