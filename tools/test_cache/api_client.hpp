#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "test_cache/api_types.hpp"
#include "test_cache/http_client.hpp"

namespace chatsync::test_cache {

/// The server's API as calls. Blocking, not thread-safe: one per thread. A request is given 60 s,
/// a synchronisation 10 min, a ping 10 s.
class ApiClient {
 public:
  explicit ApiClient(const std::string& url, const std::string& key = {});

  /// Whether a chatsync server answers at the address at all.
  std::expected<void, ApiError> ping();

  /// Asks one question; without a session id the server makes a session.
  std::expected<ChatReply, ApiError> chat(const std::optional<std::string>& session_id,
                                          const std::string& user_id, const std::string& message);

  /// Nothing for a session that the server does not know.
  std::expected<std::optional<SessionStats>, ApiError> stats(const std::string& session_id);

  /// The newest turns, at most `limit`, oldest first; none for an unknown session.
  std::expected<std::vector<HistoryTurn>, ApiError> messages(const std::string& session_id,
                                                             std::size_t limit);

  std::expected<SyncReply, ApiError> sync_now();

 private:
  HttpClient http_;
};

}  // namespace chatsync::test_cache
