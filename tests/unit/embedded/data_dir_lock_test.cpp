#include "embedded/data_dir_lock.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "support/temp_dir.hpp"

namespace chatsync::embedded {
namespace {

TEST(DataDirLock, CreatesADirectoryThatOnlyItsOwnerMayRead) {
  const test::TempDir parent;
  const auto directory = parent / "a" / "b";
  ASSERT_TRUE(DataDirLock::acquire(directory).has_value());
  struct stat status{};
  ASSERT_EQ(::stat(directory.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST(DataDirLock, RefusesASecondOwnerAndNamesTheFirst) {
  const test::TempDir directory;
  const auto first = DataDirLock::acquire(directory.path());
  ASSERT_TRUE(first.has_value());
  const auto second = DataDirLock::acquire(directory.path());
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().kind, ErrorKind::conflict);
  EXPECT_EQ(second.error().message,
            fmt::format("data directory {} is in use by process {}: stop it or set another DATA_DIR",
                        directory.path().string(), ::getpid()));
}

TEST(DataDirLock, IsFreeAgainAfterItsOwnerIsKilled) {
  const test::TempDir directory;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto lock = DataDirLock::acquire(directory.path());
    const char done = lock ? 'y' : 'n';
    if (::write(ready[1], &done, 1) == 1) ::pause();
    ::_exit(0);
  }
  char done = 'n';
  ASSERT_EQ(::read(ready[0], &done, 1), 1);
  ASSERT_EQ(done, 'y');
  EXPECT_FALSE(DataDirLock::acquire(directory.path()).has_value());
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(DataDirLock::acquire(directory.path()).has_value());
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(DataDirLock, SaysWhyADirectoryCannotBeUsed) {
  const test::TempDir directory;
  std::ofstream(directory / "file") << "x";
  const auto lock = DataDirLock::acquire(directory / "file" / "data");
  ASSERT_FALSE(lock.has_value());
  EXPECT_EQ(lock.error().param, "DATA_DIR");
  EXPECT_NE(lock.error().message.find("Not a directory"), std::string::npos) << lock.error().message;
}

}  // namespace
}  // namespace chatsync::embedded
