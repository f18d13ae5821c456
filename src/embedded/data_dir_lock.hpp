#pragma once

#include <filesystem>
#include <utility>

#include "base/error.hpp"

namespace chatsync::embedded {

/// Keeps a data directory to one process: holds an flock on its file `lock`, in which the owner's process id
/// stands. The kernel drops it when the process ends, however it ends. Needed whenever the cache is embedded
/// or the store is SQLite.
class DataDirLock {
 public:
  /// Creates the directory (mode 0700) with its parents where they are missing. Fails with `conflict` if
  /// another owner holds it, with `unavailable` if the directory cannot be used; both name the directory and
  /// the setting.
  static Result<DataDirLock> acquire(const std::filesystem::path& data_dir);

  DataDirLock() = default;
  DataDirLock(DataDirLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  DataDirLock& operator=(DataDirLock&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
  }
  ~DataDirLock();

 private:
  explicit DataDirLock(int file) : file_(file) {}

  int file_ = -1;
};

}  // namespace chatsync::embedded
