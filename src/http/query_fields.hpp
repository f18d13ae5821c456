#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "chat/conversation_store.hpp"
#include "chat/turn.hpp"
#include "chat/turn_store.hpp"
#include "http/request.hpp"
#include "service/conversation_service.hpp"

namespace chatsync::http {

/// `limit`, `before` and `after` of GET /sessions/{session_id}/messages.
Result<TurnPage> parse_turn_page(const Arguments& arguments);

struct SessionListRequest {
  std::string user_id;
  SessionPage page;
};

/// `user_id`, `limit` and `after` of GET /sessions.
Result<SessionListRequest> parse_session_list_request(const Arguments& arguments);

/// `limit` (1 to 100), `order` and `after` of lists of items.
Result<service::ItemPage> parse_item_page(const Arguments& arguments);

struct ResponseStreamRequest {
  bool stream = false;
  std::int64_t starting_after = -1;
};

/// `stream` and `starting_after` of GET /v1/responses/{response_id}.
Result<ResponseStreamRequest> parse_response_stream_request(const Arguments& arguments);
struct ConversationListRequest {
  std::string user_id;
  std::size_t limit = 20;
  std::optional<std::string> after;
};

/// `user`, `limit`, `order` (`desc` alone) and `after` of GET /v1/conversations.
Result<ConversationListRequest> parse_conversation_list_request(const Arguments& arguments);

/// `q`, `user`, `conversation`, `limit` and `after` of GET /v1/conversations?q=.
Result<SearchQuery> parse_search_request(const Arguments& arguments);

/// The cursor that has the page of a search after this turn begin behind it: `{timestamp}~{turn_id}`.
std::string search_cursor(const Turn& last);

/// The cursor that has the page after `last` begin behind it: `{updated_at_us}~{session_id}`.
std::string session_cursor(const Session& last);

}  // namespace chatsync::http
