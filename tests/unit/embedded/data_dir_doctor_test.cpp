#include "embedded/data_dir_doctor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

namespace chatsync::embedded {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kExt4 = 0xef53;
constexpr std::uint64_t kGiB = 1024ULL * 1024 * 1024;

DataDirFacts facts_on(std::uint64_t file_system) {
  return {
      .path = "/data", .file_system = file_system, .free_bytes = 10 * kGiB, .exists = true, .writable = true};
}

Finding finding_of(const DataDirFacts& facts) {
  const Diagnosis diagnosis = judge_data_dir(facts);
  EXPECT_EQ(diagnosis.findings.size(), 1U);
  return diagnosis.findings.empty() ? Finding{} : diagnosis.findings.front();
}

TEST(DataDirDoctor, FindsNothingAtALocalDisk) {
  EXPECT_THAT(judge_data_dir(facts_on(kExt4)).findings, IsEmpty());
  EXPECT_THAT(judge_data_dir(facts_on(kExt4)).notes, IsEmpty());
}

TEST(DataDirDoctor, FindsFileSystemsThatForget) {
  EXPECT_THAT(finding_of(facts_on(0x01021994)).risk, HasSubstr("when the machine stops"));
  EXPECT_THAT(finding_of(facts_on(0x794c7630)).risk, HasSubstr("when the container is removed"));
  EXPECT_EQ(finding_of(facts_on(0x6969)).what, "it lies on NFS");
}

TEST(DataDirDoctor, FindsLittleSpaceAndAClosedDoor) {
  DataDirFacts full = facts_on(kExt4);
  full.free_bytes = 5 * kGiB / 1024;
  EXPECT_EQ(finding_of(full).what, "its file system has 5 MiB left");
  DataDirFacts closed = facts_on(kExt4);
  closed.writable = false;
  EXPECT_EQ(finding_of(closed).mend, "chown the directory to the user of chatsync: chown chatsync /data");
}

TEST(DataDirDoctor, LooksAtThePlaceWhereTheDirectoryWouldBeMade) {
  std::string there = testing::TempDir() + "doctor.XXXXXX";
  ASSERT_NE(mkdtemp(there.data()), nullptr);
  const auto now = read_data_dir_facts(there);
  const auto later = read_data_dir_facts(there + "/a/b");
  ASSERT_TRUE(now && later);
  EXPECT_TRUE(now->exists);
  EXPECT_FALSE(later->exists);
  EXPECT_TRUE(later->writable);
  EXPECT_EQ(later->file_system, now->file_system);
  EXPECT_FALSE(std::filesystem::exists(there + "/a"));
  EXPECT_THAT(judge_data_dir(*later).notes, testing::ElementsAre(HasSubstr("not there yet")));
  std::filesystem::remove(there);
}

}  // namespace
}  // namespace chatsync::embedded
