#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "support/child_process.hpp"
#include "support/temp_dir.hpp"

namespace chatsync::test {

/// Lets a process run out of disk space at the flip of a switch (faults/full_disk), for any program that
/// takes LD_PRELOAD.
class FullDisk {
 public:
  /// What to start the process with. Only files are concerned that have `files` in their paths.
  std::map<std::string, std::string> environment(const std::string& files) const {
    return {{"LD_PRELOAD", FULL_DISK_LIBRARY},
            {"FULL_DISK_SWITCH", switch_file().string()},
            {"FULL_DISK_FILES", files}};
  }

  /// From here on none of the files grows.
  void fill() const { write_file(switch_file(), ""); }
  void make_room() const { std::filesystem::remove(switch_file()); }

 private:
  std::filesystem::path switch_file() const { return directory_ / "full"; }

  TempDir directory_;
};

}  // namespace chatsync::test
