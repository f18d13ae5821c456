#include "http/turn_terms.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>

namespace chatsync::http {
namespace {

constexpr std::size_t kLongestKey = 255;

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

/// Of the parts, each with its length before it, so that no two lists of parts are the same text.
Digest digest_of(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) {
    text += std::to_string(part.size()) + ":";
    text += part;
  }
  Digest digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

std::string hex(const unsigned char* bytes, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += fmt::format("{:02x}", bytes[i]);
  return text;
}

/// A UUID of version 8, whose bits are those of the digest.
std::string uuid_of(Digest digest) {
  digest[6] = static_cast<unsigned char>((digest[6] & 0x0fU) | 0x80U);
  digest[8] = static_cast<unsigned char>((digest[8] & 0x3fU) | 0x80U);
  std::string text = hex(digest.data(), 16);
  for (const std::size_t dash : {8, 13, 18, 23}) text.insert(dash, 1, '-');
  return text;
}

bool is_idempotency_key(std::string_view text) {
  return text.size() <= kLongestKey && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

std::optional<service::OnBusy> on_busy_from(std::string_view text) {
  if (text == "enqueue") return service::OnBusy::enqueue;
  if (text == "reject") return service::OnBusy::reject;
  return std::nullopt;
}

Result<service::TurnRequest> read_turn_terms(const Call& call) {
  const Request& request = *call.request;
  const TurnFields& fields = request.turn_fields();
  service::TurnRequest terms;
  if (!fields.on_busy.empty()) {
    const auto on_busy = on_busy_from(fields.on_busy);
    if (!on_busy) {
      return fail(ErrorKind::invalid_argument, R"(expected "enqueue" or "reject")", "invalid_value",
                  "X-On-Busy");
    }
    terms.on_busy = *on_busy;
  }
  const std::string_view key = fields.idempotency_key;
  if (key.empty()) return terms;
  if (!is_idempotency_key(key)) {
    return fail(ErrorKind::invalid_argument, "expected 1 to 255 visible ASCII characters", "invalid_value",
                "Idempotency-Key");
  }
  const std::string_view caller = call.caller->digest;
  const Digest digest =
      digest_of({to_string(request.method), request.target, request.session_id, request.body});
  terms.key = service::RequestKey{.turn_id = uuid_of(digest_of({"turn", caller, key})),
                                  .session_id = uuid_of(digest_of({"session", caller, key})),
                                  .digest = hex(digest.data(), 16)};
  return terms;
}

}  // namespace chatsync::http
