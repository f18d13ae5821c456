#include "embedded/pending_key.hpp"

#include <fmt/format.h>

#include <charconv>

namespace chatsync::embedded {
namespace {

constexpr std::string_view kPrefix = "session:";
constexpr std::string_view kMiddle = ":msg:";

}  // namespace

std::string pending_key_of(std::string_view session_id, std::int64_t timestamp_us) {
  return fmt::format("{}{}{}{}", kPrefix, session_id, kMiddle, timestamp_us);
}

std::optional<PendingName> parse_pending_key(std::string_view key) {
  if (!key.starts_with(kPrefix)) return std::nullopt;
  key.remove_prefix(kPrefix.size());
  const std::size_t id_length = key.find(kMiddle);
  if (id_length == std::string_view::npos) return std::nullopt;
  PendingName name{.session_id = key.substr(0, id_length)};
  const std::string_view digits = key.substr(id_length + kMiddle.size());
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), name.timestamp_us);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return name;
}

}  // namespace chatsync::embedded
