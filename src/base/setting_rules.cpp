#include "base/setting_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/localhost.hpp"
#include "base/server_address.hpp"
#include "base/setting_value.hpp"
#include "base/settings_table.hpp"

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

bool is_set(const LoadedSettings& loaded, std::string_view name) {
  return loaded.origins.contains(name) && !value_text(*find_setting(name), loaded.settings).empty();
}

struct Server {
  std::string_view prefix;
  std::vector<std::string_view> places;  ///< The settings of which one says where it is.
  std::string_view instead;              ///< What serves without it.
};

Result<void> check_server(const LoadedSettings& loaded, const Server& server) {
  std::vector<std::string_view> set;
  bool left_out = false;  // A place that is set, if to nothing, says that the server is left out on purpose.
  for (const std::string_view place : server.places) {
    if (is_set(loaded, place)) set.push_back(place);
    left_out = left_out || loaded.origins.contains(place);
  }
  if (set.size() > 1) {
    return contradiction(set[0], fmt::format("{} and {} are both set: keep one of them",
                                             named(loaded, set[0]), named(loaded, set[1])));
  }
  if (left_out) return {};
  for (const auto& [name, origin] : loaded.origins) {
    if (!name.starts_with(server.prefix)) continue;
    return contradiction(name, fmt::format("{} ({}) is set, but none of {} is: {} would serve", name, origin,
                                           fmt::join(server.places, ", "), server.instead));
  }
  return {};
}

Result<void> check_sentinels(const LoadedSettings& loaded) {
  const Settings::Redis& redis = loaded.settings.redis;
  if (!redis.sentinels.empty()) {
    const auto servers = parse_server_list(redis.sentinels, kSentinelPort);
    if (servers) return {};
    return contradiction("REDIS_SENTINELS", fmt::format("{}: expected host:port,host:port, but {}",
                                                        named(loaded, "REDIS_SENTINELS"), servers.error()));
  }
  for (const std::string_view name : {"REDIS_SENTINEL_MASTER", "REDIS_SENTINEL_PASSWORD"}) {
    if (!redis.enabled() || !loaded.origins.contains(name)) continue;
    return contradiction(name,
                         fmt::format("{} is set, but REDIS_SENTINELS is not: no Sentinel would be asked",
                                     named(loaded, name)));
  }
  return {};
}

/// Whether only programs of this machine reach what listens there.
bool is_loopback(const std::string& host) {
  boost::system::error_code no_address;
  const auto address = boost::asio::ip::make_address(host, no_address);
  return no_address ? is_localhost(host) : address.is_loopback();
}

Result<void> check_listening(const LoadedSettings& loaded) {
  const Settings::Http& http = loaded.settings.http;
  if (loaded.command != kServe || http.wants_keys() || is_loopback(http.host)) return {};
  return contradiction(
      "HTTP_HOST", fmt::format("{} is '{}', where others reach it, and there are no keys: set API_KEYS or "
                               "API_KEYS_FILE, or listen on 127.0.0.1",
                               named(loaded, "HTTP_HOST"), http.host));
}

Result<void> check_llm(const LoadedSettings& loaded) {
  const Settings::Llm& llm = loaded.settings.llm;
  const auto refused = [&](std::string_view name, std::string_view expected) {
    return contradiction(name, fmt::format("{}: expected {}", named(loaded, name), expected));
  };
  const auto has = [](std::string_view text, auto predicate) { return std::ranges::any_of(text, predicate); };
  const std::string_view url = llm.base_url;
  const bool scheme = url.starts_with("http://") || url.starts_with("https://");
  const auto odd = [](char c) { return c <= ' ' || c == 0x7f || std::string_view("?#@").contains(c); };
  if (!url.empty() && (!scheme || url.ends_with("//") || has(url, odd))) {
    return refused("LLM_BASE_URL", "an address such as http://localhost:11434/v1, without a query or a key");
  }
  // It becomes a line of a header.
  const auto control = [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; };
  if (has(llm.api_key, control)) return refused("LLM_API_KEY", "a text without control characters");
  return {};
}

}  // namespace

Result<void> check_combinations(const LoadedSettings& loaded) {
  const Settings::Redis& redis = loaded.settings.redis;
  const auto servers = std::to_array<Server>({
      {"REDIS_", {"REDIS_HOST", "REDIS_SOCKET", "REDIS_SENTINELS"}, "the embedded cache"},
      {"MYSQL_", {"MYSQL_HOST", "MYSQL_SOCKET"}, "SQLite"},
      {"LLM_", {"LLM_BASE_URL"}, "the echo"},
  });
  for (const Server& server : servers) {
    if (auto checked = check_server(loaded, server); !checked) return checked;
  }
  if (auto checked = check_sentinels(loaded); !checked) return checked;
  if (auto checked = check_llm(loaded); !checked) return checked;
  if (auto checked = check_listening(loaded); !checked) return checked;
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
