#include "test_cache/api_client.hpp"

#include <fmt/format.h>

#include <utility>

#include "test_cache/api_json.hpp"

namespace chatsync::test_cache {

namespace {

using Received = std::expected<HttpReply, TransportError>;

constexpr std::chrono::milliseconds kRequestTimeout = std::chrono::seconds{60};
constexpr std::chrono::milliseconds kPingTimeout = std::chrono::seconds{10};
constexpr std::chrono::milliseconds kSyncTimeout = std::chrono::minutes{10};
constexpr long kOk = 200;
constexpr long kNotFound = 404;

ApiError transport_error(const TransportError& error) {
  return {.kind = error.sent ? ApiError::Kind::no_reply : ApiError::Kind::no_connection,
          .status = 0,
          .text = error.text};
}

ApiError status_error(const HttpReply& reply) {
  return {.kind = ApiError::Kind::status,
          .status = reply.status,
          .text = describe_error(reply.status, reply.body)};
}

/// The decoded body of a 200 reply, or why there is none.
template <typename Decoder>
auto decoded(const Received& received, Decoder decoder)
    -> std::expected<typename decltype(decoder(""))::value_type, ApiError> {
  if (!received) {
    return std::unexpected(transport_error(received.error()));
  }
  if (received->status != kOk) {
    return std::unexpected(status_error(*received));
  }
  auto value = decoder(received->body);
  if (!value) {
    return std::unexpected(ApiError{
        .kind = ApiError::Kind::malformed, .status = received->status, .text = std::move(value).error()});
  }
  return std::move(*value);
}

bool is_not_found(const Received& received) { return received && received->status == kNotFound; }

}  // namespace

ApiClient::ApiClient(const std::string& url, const std::string& key) : http_{url, key} {}

std::expected<void, ApiError> ApiClient::ping() {
  const Received received = http_.get("/healthz", kPingTimeout);
  if (!received) {
    return std::unexpected(transport_error(received.error()));
  }
  if (received->status != kOk) {
    return std::unexpected(status_error(*received));
  }
  return {};
}

std::expected<ChatReply, ApiError> ApiClient::chat(const std::optional<std::string>& session_id,
                                                   const std::string& user_id, const std::string& message) {
  return decoded(http_.post_json("/chat", encode_chat_request(session_id, user_id, message), kRequestTimeout),
                 decode_chat_reply);
}

std::expected<std::optional<SessionStats>, ApiError> ApiClient::stats(const std::string& session_id) {
  const Received received = http_.get(fmt::format("/sessions/{}/stats", session_id), kRequestTimeout);
  if (is_not_found(received)) {
    return std::nullopt;
  }
  return decoded(received, decode_stats);
}

std::expected<std::vector<HistoryTurn>, ApiError> ApiClient::messages(const std::string& session_id,
                                                                      std::size_t limit) {
  const Received received =
      http_.get(fmt::format("/sessions/{}/messages?limit={}", session_id, limit), kRequestTimeout);
  if (is_not_found(received)) {
    return std::vector<HistoryTurn>{};
  }
  return decoded(received, decode_messages);
}

std::expected<SyncReply, ApiError> ApiClient::sync_now() {
  return decoded(http_.get("/sync_now", kSyncTimeout), decode_sync_reply);
}

}  // namespace chatsync::test_cache
