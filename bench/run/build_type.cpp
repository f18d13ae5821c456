#include "run/build_type.hpp"

#include <fmt/format.h>

#include <fstream>
#include <map>

namespace chatsync::bench {

std::string objection_to(const std::filesystem::path& program) {
  if (!std::filesystem::exists(program)) return fmt::format("there is no {}", program.string());
  const std::filesystem::path path = program.parent_path().parent_path() / "CMakeCache.txt";
  std::ifstream cache(path);
  if (!cache)
    return fmt::format("how {} was built is not known: there is no {}", program.string(), path.string());
  std::map<std::string, std::string> values;
  for (std::string line; std::getline(cache, line);) {
    const auto colon = line.find(':');
    const auto equals = line.find('=', colon);
    if (equals != std::string::npos) values[line.substr(0, colon)] = line.substr(equals + 1);
  }
  const std::string& type = values["CMAKE_BUILD_TYPE"];
  if (type != "Release") return fmt::format("{} is a {} build, not Release", program.string(), type);
  if (!values["CHATSYNC_SANITIZE"].empty()) return fmt::format("{} is sanitized", program.string());
  if (values["CHATSYNC_FAULTS"] == "ON") return fmt::format("{} has fail points", program.string());
  return {};
}

}  // namespace chatsync::bench
