#include "base/setting_rules.hpp"

#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>

namespace chatsync {
namespace {

std::unexpected<Error> contradiction(std::string_view name, std::string message) {
  return fail(ErrorKind::invalid_argument, std::move(message), {}, std::string(name));
}

/// "REDIS_HOST (.env:3)".
std::string named(const LoadedSettings& loaded, std::string_view name) {
  const auto origin = loaded.origins.find(name);
  return fmt::format("{} ({})", name, origin == loaded.origins.end() ? "default" : origin->second);
}

struct Server {
  std::string_view prefix;
  std::string_view host;
  std::string_view socket;
  bool host_set;
  bool socket_set;
  std::string_view instead;  ///< What serves without it.
};

Result<void> check_server(const LoadedSettings& loaded, const Server& server) {
  if (server.host_set && server.socket_set) {
    return contradiction(server.host, fmt::format("{} and {} are both set: keep one of them",
                                                  named(loaded, server.host), named(loaded, server.socket)));
  }
  // A host that is set, if to nothing, says that the server is left out on purpose.
  if (loaded.origins.contains(server.host) || loaded.origins.contains(server.socket)) return {};
  for (const auto& [name, origin] : loaded.origins) {
    if (!name.starts_with(server.prefix)) continue;
    return contradiction(name, fmt::format("{} ({}) is set, but neither {} nor {} is: {} would serve", name,
                                           origin, server.host, server.socket, server.instead));
  }
  return {};
}

}  // namespace

Result<void> check_combinations(const LoadedSettings& loaded) {
  const Settings::Redis& redis = loaded.settings.redis;
  const Settings::MySql& mysql = loaded.settings.mysql;
  const auto servers = std::to_array<Server>({
      {"REDIS_", "REDIS_HOST", "REDIS_SOCKET", !redis.host.empty(), !redis.socket.empty(),
       "the embedded cache"},
      {"MYSQL_", "MYSQL_HOST", "MYSQL_SOCKET", !mysql.host.empty(), !mysql.socket.empty(), "SQLite"},
  });
  for (const Server& server : servers) {
    if (auto checked = check_server(loaded, server); !checked) return checked;
  }
  if (redis.tls && !redis.socket.empty()) {
    return contradiction("REDIS_TLS", fmt::format("{} is on, but {} is a Unix socket, which carries no TLS",
                                                  named(loaded, "REDIS_TLS"), named(loaded, "REDIS_SOCKET")));
  }
  if (!redis.tls && !redis.tls_ca.empty()) {
    return contradiction("REDIS_TLS_CA",
                         fmt::format("{} is set, but REDIS_TLS is off: the connection would not be encrypted",
                                     named(loaded, "REDIS_TLS_CA")));
  }
  return {};
}

}  // namespace chatsync
