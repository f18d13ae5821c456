#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/error.hpp"
#include "base/finding.hpp"

namespace chatsync::embedded {

/// What the system says of a data directory, or of the directory in which it would be made.
struct DataDirFacts {
  std::filesystem::path path;     ///< Absolute.
  std::uint64_t file_system = 0;  ///< As statfs(2) numbers them.
  std::uint64_t free_bytes = 0;
  bool exists = false;
  bool writable = false;
};

/// Changes nothing.
Result<DataDirFacts> read_data_dir_facts(const std::filesystem::path& data_dir);

/// What of it can lose turns.
Diagnosis judge_data_dir(const DataDirFacts& facts);

}  // namespace chatsync::embedded
