#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace chatsync {

struct ServerAddress {
  std::string host;
  std::uint16_t port = 0;

  bool operator==(const ServerAddress&) const = default;
};

/// "host:port"; an IPv6 address stands in brackets.
std::string to_text(const ServerAddress& address);

/// Reads "host:port,host,[::1]:port", where white space around an entry is dropped and a port that is not
/// given is `default_port`. The error says which entry is wrong, and how.
std::expected<std::vector<ServerAddress>, std::string> parse_server_list(std::string_view text,
                                                                         std::uint16_t default_port);

}  // namespace chatsync
