#include "embedded/data_dir_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

namespace chatsync::embedded {
namespace {

constexpr mode_t kOwnerOnly = 0700;

std::unexpected<Error> unusable(const std::filesystem::path& data_dir, int error_number) {
  const std::string reason = std::generic_category().message(error_number);
  return fail(
      ErrorKind::unavailable,
      fmt::format("data directory {} cannot be used: {}; set another DATA_DIR", data_dir.string(), reason),
      {}, "DATA_DIR");
}

/// Makes the entry of a directory just created survive a power cut.
void sync_directory(const std::filesystem::path& directory) {
  const int file = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return;
  ::fsync(file);
  ::close(file);
}

/// 0, or the number of the error.
int make_directories(const std::filesystem::path& directory) {
  if (directory.empty() || ::mkdir(directory.c_str(), kOwnerOnly) == 0) {
    if (!directory.empty()) sync_directory(directory.has_parent_path() ? directory.parent_path() : ".");
    return 0;
  }
  if (errno == EEXIST) return 0;
  if (errno != ENOENT || !directory.has_parent_path()) return errno;
  const int parent = make_directories(directory.parent_path());
  if (parent != 0) return parent;
  return make_directories(directory);
}

std::string owner_of(int file) {
  std::array<char, 32> text{};
  const ssize_t length = ::pread(file, text.data(), text.size(), 0);
  std::string_view owner(text.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  owner = owner.substr(0, owner.find('\n'));
  return owner.empty() ? "of unknown id" : std::string(owner);
}

}  // namespace

Result<DataDirLock> DataDirLock::acquire(const std::filesystem::path& data_dir) {
  // A trailing slash would make the last part of the path empty.
  const std::filesystem::path directory = data_dir.has_filename() ? data_dir : data_dir.parent_path();
  if (const int failure = make_directories(directory); failure != 0) return unusable(data_dir, failure);
  const std::filesystem::path path = directory / "lock";
  DataDirLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.file_ < 0) return unusable(data_dir, errno);
  if (::flock(lock.file_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return unusable(data_dir, errno);
    return fail(ErrorKind::conflict,
                fmt::format("data directory {} is in use by process {}: stop it or set another DATA_DIR",
                            data_dir.string(), owner_of(lock.file_)),
                "data_dir_in_use", "DATA_DIR");
  }
  const std::string owner = fmt::format("{}\n", ::getpid());
  if (::ftruncate(lock.file_, 0) != 0 ||
      ::pwrite(lock.file_, owner.data(), owner.size(), 0) != static_cast<ssize_t>(owner.size())) {
    return unusable(data_dir, errno);
  }
  return lock;
}

DataDirLock::~DataDirLock() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace chatsync::embedded
