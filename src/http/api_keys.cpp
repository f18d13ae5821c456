#include "http/api_keys.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <utility>

#include "base/settings_loader.hpp"
#include "http/field_values.hpp"

namespace chatsync::http {
namespace {

constexpr std::size_t kShortestKey = 16;
constexpr std::size_t kLongestKey = 512;
constexpr std::string_view kScheme = "Bearer ";

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

bool is_key(std::string_view text) {
  const auto visible = [](char c) { return c > ' ' && c < 0x7f && c != ','; };
  return text.size() >= kShortestKey && text.size() <= kLongestKey && std::ranges::all_of(text, visible);
}

/// Calls `take(entry, number)` for each entry of `text`, numbered from 1 on, until it returns false.
template <class Take>
bool each_entry(std::string_view text, char separator, Take take) {
  for (std::size_t number = 1;; ++number) {
    const std::size_t end = text.find(separator);
    if (!take(trimmed(text.substr(0, end)), number)) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

std::unexpected<Error> no_key(std::string_view setting, std::string_view place, std::size_t number) {
  return fail(ErrorKind::invalid_argument,
              fmt::format("{}: {} {} is no key: expected {} to {} visible ASCII characters without a comma",
                          setting, place, number, kShortestKey, kLongestKey),
              {}, std::string(setting));
}

}  // namespace

Result<ApiKeys> ApiKeys::parse(std::string_view list, std::string_view file) {
  ApiKeys keys;
  std::size_t bad = 0;
  const auto take = [&](std::string_view entry, std::size_t number) {
    if (entry.empty()) return true;
    if (!is_key(entry)) bad = number;
    keys.digests_.push_back(digest_of(entry));
    return bad == 0;
  };
  if (!each_entry(list, ',', take)) return no_key("API_KEYS", "entry", bad);
  const auto take_line = [&](std::string_view line, std::size_t number) {
    return line.starts_with('#') || take(line, number);
  };
  if (!each_entry(file, '\n', take_line)) return no_key("API_KEYS_FILE", "line", bad);
  return keys;
}

std::optional<Caller> ApiKeys::find(std::string_view authorization) const {
  if (!equals_ignoring_case(authorization.substr(0, kScheme.size()), kScheme)) return std::nullopt;
  const Digest shown = digest_of(trimmed(authorization.substr(kScheme.size())));
  // All of them, and each to its end: what is compared are digests, which say nothing of how alike keys are,
  // and the time does not say which one it was.
  std::size_t found = 0;
  for (std::size_t i = 0; i < digests_.size(); ++i) {
    if (CRYPTO_memcmp(digests_[i].data(), shown.data(), shown.size()) == 0) found = i + 1;
  }
  if (found == 0) return std::nullopt;
  const Digest& key = digests_[found - 1];
  return Caller{.key = found, .digest = {reinterpret_cast<const char*>(key.data()), key.size()}};
}

ApiKeys::Digest ApiKeys::digest_of(std::string_view key) {
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(key.data()), key.size(), digest.data());
  return digest;
}

Result<ApiKeys> read_api_keys(const std::string& list, const std::filesystem::path& file) {
  std::string lines;
  if (!file.empty()) {
    auto text = read_settings_file(file);
    if (!text || !*text) {
      const std::string why = text ? file.string() + ": there is no such file" : text.error().message;
      return fail(ErrorKind::invalid_argument, "API_KEYS_FILE: " + why, {}, "API_KEYS_FILE");
    }
    lines = std::move(**text);
  }
  auto keys = ApiKeys::parse(list, lines);
  if (keys && keys->empty() && !(list.empty() && file.empty())) {
    return fail(ErrorKind::invalid_argument, "API_KEYS, API_KEYS_FILE: there is no key in what is given", {},
                "API_KEYS");
  }
  return keys;
}

}  // namespace chatsync::http
