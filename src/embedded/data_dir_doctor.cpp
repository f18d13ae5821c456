#include "embedded/data_dir_doctor.hpp"

#include <fmt/format.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

namespace chatsync::embedded {
namespace {

enum class Nature { memory, container, network };

struct FileSystem {
  std::uint64_t magic;
  std::string_view name;
  Nature nature;
};

// The numbers of statfs(2); of the names not all are in the headers of every system.
constexpr auto kFileSystems = std::to_array<FileSystem>({
    {0x0102'1994, "tmpfs", Nature::memory},
    {0x8584'58f6, "ramfs", Nature::memory},
    {0x794c'7630, "overlayfs", Nature::container},
    {0x6969, "NFS", Nature::network},
    {0xff53'4d42, "CIFS", Nature::network},
    {0xfe53'4d42, "SMB", Nature::network},
    {0x517b, "SMB", Nature::network},
    {0x0102'1997, "9p", Nature::network},
    {0x6573'5546, "FUSE", Nature::network},
    {0x00c3'6400, "CephFS", Nature::network},
});

constexpr std::uint64_t kMiB = 1024ULL * 1024;
constexpr std::uint64_t kLittleSpace = 1024 * kMiB;

Finding file_system_finding(const FileSystem& file_system) {
  const std::string what = fmt::format("it lies on {}", file_system.name);
  switch (file_system.nature) {
    case Nature::memory:
      return {what, "that is memory: every turn is lost when the machine stops",
              "set DATA_DIR to a directory on a disk, such as /var/lib/chatsync"};
    case Nature::container:
      return {what, "that is the layer of a container: every turn is lost when the container is removed",
              "mount a volume and set DATA_DIR to it: docker run -v chatsync:/data -e DATA_DIR=/data …"};
    case Nature::network:
      return {
          what,
          "such a file system may say that it wrote before it did, and its locks may let two processes in: "
          "turns can be lost when it fails",
          "set DATA_DIR to a directory on a local disk, such as /var/lib/chatsync"};
  }
  return {};
}

}  // namespace

Result<DataDirFacts> read_data_dir_facts(const std::filesystem::path& data_dir) {
  DataDirFacts facts{.path = std::filesystem::absolute(data_dir).lexically_normal()};
  std::error_code problem;
  facts.exists = std::filesystem::is_directory(facts.path, problem);
  std::filesystem::path there = facts.path;
  while (!std::filesystem::exists(there, problem) && there.has_relative_path()) there = there.parent_path();

  struct statfs status{};
  if (::statfs(there.c_str(), &status) != 0) {
    return fail(ErrorKind::unavailable,
                fmt::format("data directory {} cannot be examined: {}", facts.path.string(),
                            std::generic_category().message(errno)),
                {}, "DATA_DIR");
  }
  // The number has a sign on some machines and 32 bits on all.
  facts.file_system = static_cast<std::uint64_t>(status.f_type) & 0xffff'ffff;
  facts.free_bytes = static_cast<std::uint64_t>(status.f_bavail) * static_cast<std::uint64_t>(status.f_bsize);
  facts.writable = ::access(there.c_str(), W_OK | X_OK) == 0;
  return facts;
}

Diagnosis judge_data_dir(const DataDirFacts& facts) {
  Diagnosis out{.subject = fmt::format("data directory {}", facts.path.string())};
  if (!facts.writable) {
    out.findings.push_back(
        {"this user may not write to it", "chatsync refuses to start",
         fmt::format("chown the directory to the user of chatsync: chown chatsync {}", facts.path.string())});
  }
  const auto known = std::ranges::find(kFileSystems, facts.file_system, &FileSystem::magic);
  if (known != kFileSystems.end()) out.findings.push_back(file_system_finding(*known));
  if (facts.free_bytes < kLittleSpace) {
    out.findings.push_back({fmt::format("its file system has {} MiB left", facts.free_bytes / kMiB),
                            "when it is full, no turn is accepted until there is space again; none is lost",
                            "free some space, or set DATA_DIR to a larger file system"});
  }
  if (!facts.exists) out.notes.emplace_back("it is not there yet: chatsync makes it at its start");
  return out;
}

}  // namespace chatsync::embedded
