#pragma once

#include <filesystem>

namespace chatsync::test {

/// While it exists, SQLite files opened in this process remember beside themselves (`<name>.synced`) what
/// they held at their last fsync: all that is certain to outlive a power cut. One object a process at a time.
class PowerCutVfs {
 public:
  PowerCutVfs();
  ~PowerCutVfs();
  PowerCutVfs(const PowerCutVfs&) = delete;
  PowerCutVfs& operator=(const PowerCutVfs&) = delete;

  /// Puts into `target` what a power cut at this moment would leave of the files in `directory`. Nothing may
  /// be writing meanwhile.
  static void cut(const std::filesystem::path& directory, const std::filesystem::path& target);
};

}  // namespace chatsync::test
