#include "base/server_address.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace chatsync {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<std::uint16_t> port_of(std::string_view digits) {
  std::uint16_t port = 0;
  const auto [stop, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (problem != std::errc() || stop != digits.data() + digits.size() || port == 0) return std::nullopt;
  return port;
}

std::expected<ServerAddress, std::string> parse_entry(std::string_view entry, std::uint16_t default_port) {
  const auto wrong = [&](std::string_view why) {
    return std::unexpected(fmt::format("'{}' {}", entry, why));
  };
  if (entry.empty()) return std::unexpected("an entry is empty");
  std::string_view host = entry;
  std::string_view rest;
  if (entry.starts_with('[')) {
    const std::size_t end = entry.find(']');
    if (end == std::string_view::npos) return wrong("has no ]");
    host = entry.substr(1, end - 1);
    rest = entry.substr(end + 1);
  } else {
    const std::size_t colon = entry.find(':');
    if (colon != entry.rfind(':')) return wrong("needs brackets around its IPv6 address: [::1]:26379");
    host = entry.substr(0, colon);
    if (colon != std::string_view::npos) rest = entry.substr(colon);
  }
  if (host.empty()) return wrong("has no host");
  if (rest.empty()) return ServerAddress{std::string(host), default_port};
  const auto port = rest.starts_with(':') ? port_of(rest.substr(1)) : std::nullopt;
  if (!port) return wrong("has no port from 1 to 65535 behind its host");
  return ServerAddress{std::string(host), *port};
}

}  // namespace

std::string to_text(const ServerAddress& address) {
  const bool ipv6 = address.host.find(':') != std::string::npos;
  return ipv6 ? fmt::format("[{}]:{}", address.host, address.port)
              : fmt::format("{}:{}", address.host, address.port);
}

std::expected<std::vector<ServerAddress>, std::string> parse_server_list(std::string_view text,
                                                                         std::uint16_t default_port) {
  std::vector<ServerAddress> servers;
  for (;;) {
    const std::size_t comma = text.find(',');
    auto entry = parse_entry(trimmed(text.substr(0, comma)), default_port);
    if (!entry) return std::unexpected(std::move(entry).error());
    servers.push_back(std::move(*entry));
    if (comma == std::string_view::npos) return servers;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace chatsync
