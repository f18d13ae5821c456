#include "chat/openai_ids.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "chat/ids.hpp"

namespace chatsync {
namespace {

constexpr std::size_t kKeyDigits = 32;
constexpr std::array<std::size_t, 4> kHyphens = {8, 13, 18, 23};

bool is_hex_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

bool is_uuid(std::string_view text) {
  if (text.size() != kKeyDigits + kHyphens.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool hyphen = std::ranges::find(kHyphens, i) != kHyphens.end();
    if (hyphen ? text[i] != '-' : !is_hex_digit(text[i])) return false;
  }
  return true;
}

std::string digits_of(std::string_view uuid) {
  std::string digits(uuid);
  std::erase(digits, '-');
  return digits;
}

bool begins_with_digits(std::string_view text) {
  return text.size() >= kKeyDigits && std::ranges::all_of(text.substr(0, kKeyDigits), is_hex_digit);
}

std::string uuid_of(std::string_view digits) {
  std::string uuid(digits);
  for (const std::size_t hyphen : kHyphens) uuid.insert(hyphen, 1, '-');
  return uuid;
}

std::string key_of(std::string_view turn_id) {
  return is_uuid(turn_id) ? digits_of(turn_id) : "x" + std::string(turn_id);
}

std::optional<std::string> turn_of(std::string_view key) {
  if (key.size() == kKeyDigits && begins_with_digits(key)) return uuid_of(key);
  if (!key.starts_with('x') || !is_turn_id(key.substr(1)) || is_uuid(key.substr(1))) return std::nullopt;
  return std::string(key.substr(1));
}

}  // namespace

std::string conversation_id(std::string_view uuid) { return "conv_" + digits_of(uuid); }

std::string response_id(std::string_view session_id, std::string_view turn_id) {
  std::string id = "resp_" + key_of(turn_id);
  if (!is_uuid(turn_id)) id += '~';
  return id += session_id;
}

std::optional<ResponseName> parse_response_id(std::string_view text) {
  constexpr std::string_view kPrefix = "resp_";
  if (!text.starts_with(kPrefix)) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  const bool foreign = text.starts_with('x');
  const std::size_t key_size = foreign ? text.find('~') : std::min(text.size(), kKeyDigits);
  if (key_size == std::string_view::npos) return std::nullopt;
  std::optional<std::string> turn_id = turn_of(text.substr(0, key_size));
  text.remove_prefix(key_size + (foreign ? 1 : 0));
  if (!turn_id || !is_session_id(text)) return std::nullopt;
  return ResponseName{.session_id = std::string(text), .turn_id = std::move(*turn_id)};
}

std::string item_id(std::string_view kind, std::string_view turn_id, std::size_t place) {
  std::string id(kind);
  id += '_';
  id += key_of(turn_id);
  id += '_';
  return id += std::to_string(place);
}

std::optional<ItemName> parse_item_id(std::string_view text) {
  const std::size_t kind_size = text.find('_');
  const std::size_t key_end = text.rfind('_');
  if (kind_size == std::string_view::npos || kind_size == 0 || key_end == kind_size) return std::nullopt;
  const std::string_view kind = text.substr(0, kind_size);
  if (!std::ranges::all_of(kind, [](char c) { return c >= 'a' && c <= 'z'; })) return std::nullopt;
  std::optional<std::string> turn_id = turn_of(text.substr(kind_size + 1, key_end - kind_size - 1));
  const std::string_view digits = text.substr(key_end + 1);
  std::size_t place = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), place);
  const bool canonical = digits == "0" || !digits.starts_with('0');
  if (!turn_id || error != std::errc() || end != digits.data() + digits.size() || !canonical) {
    return std::nullopt;
  }
  return ItemName{.kind = std::string(kind), .turn_id = std::move(*turn_id), .place = place};
}

}  // namespace chatsync
