#pragma once

#include <filesystem>
#include <string>

namespace chatsync::bench {

/// Why a program of a build directory may not be measured, empty if it may: only a Release build without
/// sanitizers and fail points is what is served. CMake's cache, beside the directory of the program, tells.
std::string objection_to(const std::filesystem::path& program);

}  // namespace chatsync::bench
