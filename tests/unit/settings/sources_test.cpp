#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "base/settings_loader.hpp"

namespace chatsync {
namespace {

class SettingsFile : public testing::Test {
 protected:
  SettingsFile() {
    std::string name = testing::TempDir() + "settings.XXXXXX";
    directory_ = mkdtemp(name.data());
  }
  ~SettingsFile() override { std::filesystem::remove_all(directory_); }

  std::filesystem::path directory_;
};

TEST_F(SettingsFile, IsReadByteForByte) {
  const std::string text("A=1\r\n\0é", 8);
  std::ofstream(directory_ / "x.env", std::ios::binary) << text;
  EXPECT_EQ(read_settings_file(directory_ / "x.env"), text);
}

TEST_F(SettingsFile, MayBeMissing) {
  EXPECT_EQ(read_settings_file(directory_ / "x.env"), std::nullopt);
  EXPECT_EQ(read_settings_file(directory_ / "no" / "x.env"), std::nullopt);
}

TEST_F(SettingsFile, MustNotBeADirectory) {
  const auto text = read_settings_file(directory_);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().message, directory_.string() + ": is a directory, expected a file of settings");
}

TEST(ProcessEnvironment, HoldsWhatTheProcessWasGiven) {
  setenv("CHATSYNC_TEST_VARIABLE", "a=b", 1);  // NOLINT(concurrency-mt-unsafe): the test has one thread
  EXPECT_EQ(process_environment().at("CHATSYNC_TEST_VARIABLE"), "a=b");
}

}  // namespace
}  // namespace chatsync
