#pragma once

#include <filesystem>

namespace chatsync::test {

/// A private directory that goes with its content when the object does. Its path is short enough for the
/// names of Unix sockets in it.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace chatsync::test
