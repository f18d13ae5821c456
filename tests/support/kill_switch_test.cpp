#include "support/kill_switch.hpp"

#include <gtest/gtest.h>

#include "support/child_process.hpp"
#include "support/eventually.hpp"

namespace chatsync::test {
namespace {

class KillSwitchOnPerl : public ::testing::Test {
 protected:
  /// Runs a script in which F is an unbuffered file; its exit status.
  int run(const std::string& script) {
    std::filesystem::remove(file());
    const std::string open = "use IO::Handle; open(F, '>', $ARGV[0]) or die; F->autoflush(1); ";
    const Command command{.program = "/usr/bin/perl",
                          .arguments = {"-e", open + script, file().string()},
                          .environment = switch_.environment()};
    return run_command(command, kPatience).status;
  }
  std::filesystem::path file() const { return directory_ / "written"; }

  KillSwitch switch_;
  TempDir directory_;
};

constexpr const char* kTenWrites = "for (1 .. 10) { print F 'abcd'; print STDERR 'not counted' }";
constexpr int kKilled = 128 + 9;

TEST_F(KillSwitchOnPerl, LetsAProcessRunUntilItIsArmed) {
  EXPECT_EQ(run(kTenWrites), 0);
  EXPECT_EQ(read_file(file()).size(), 40);
}

TEST_F(KillSwitchOnPerl, KillsAtExactlyTheNthWrite) {
  for (std::size_t number = 1; number <= 10; ++number) {
    switch_.arm(number);
    EXPECT_EQ(run(kTenWrites), kKilled) << number;
    EXPECT_EQ(read_file(file()).size(), (number - 1) * 4);
  }
  switch_.arm(11);
  EXPECT_EQ(run(kTenWrites), 0);
}

TEST_F(KillSwitchOnPerl, TearsTheLastWrite) {
  switch_.arm(3, true);
  EXPECT_EQ(run(kTenWrites), kKilled);
  EXPECT_EQ(read_file(file()), "abcdabcdab");
}

TEST_F(KillSwitchOnPerl, CountsWhatMakesWritesLastAndMovesFiles) {
  const std::string script =
      "F->sync; rename($ARGV[0], \"$ARGV[0].b\"); rename(\"$ARGV[0].b\", $ARGV[0]); "
      "print F 'x'";
  switch_.arm(4);
  EXPECT_EQ(run(script), kKilled);
  EXPECT_EQ(read_file(file()), "");
  switch_.arm(5);
  EXPECT_EQ(run(script), 0);
}

TEST_F(KillSwitchOnPerl, DoesNothingOnceDisarmed) {
  switch_.arm(1);
  switch_.disarm();
  EXPECT_EQ(run(kTenWrites), 0);
}

}  // namespace
}  // namespace chatsync::test
