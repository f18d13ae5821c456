#include "redis/info.hpp"

namespace chatsync::redis {

std::string_view info_field(std::string_view info, std::string_view name) {
  while (!info.empty()) {
    std::string_view line = info.substr(0, info.find('\n'));
    info.remove_prefix(line.size() < info.size() ? line.size() + 1 : info.size());
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with(name) && line.substr(name.size()).starts_with(':'))
      return line.substr(name.size() + 1);
  }
  return {};
}

}  // namespace chatsync::redis
