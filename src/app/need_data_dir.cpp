#include "app/need_data_dir.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>
#include <utility>

namespace chatsync::app {

std::optional<Error> missing_data_dir(const Settings& settings) {
  if (settings.redis.enabled() && settings.mysql.enabled()) return std::nullopt;
  std::error_code ignored;
  if (std::filesystem::is_directory(settings.data_dir, ignored)) return std::nullopt;
  return Error{.kind = ErrorKind::not_found,
               .message = fmt::format("there is no data directory {}: set DATA_DIR to that of the server",
                                      settings.data_dir.string()),
               .param = "DATA_DIR"};
}

Error explain_for_command(Error error) {
  if (error.code == "data_dir_in_use") {
    error.message += "; a data directory can be looked into only while no server uses it";
  }
  return error;
}

}  // namespace chatsync::app
