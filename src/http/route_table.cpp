#include "http/route_table.hpp"

#include "http/handlers.hpp"

namespace chatsync::http {

std::span<const Route, kRouteCount> routes() {
  static constexpr std::array<Route, kRouteCount> kRoutes = {{
      {Method::post, "/chat", post_chat, true},
      {Method::get, "/sessions", get_sessions, false, {"user_id", "limit", "after"}},
      {Method::post, "/sessions", post_session, true},
      {Method::get, "/sessions/{session_id}", get_session},
      {Method::del, "/sessions/{session_id}", delete_session},
      {Method::post, "/sessions/{session_id}/cancel", post_cancel},
      {Method::get, "/sessions/{session_id}/messages", get_messages, false, {"limit", "before", "after"}},
      {Method::get, "/sessions/{session_id}/stats", get_stats},
      {Method::del, "/users/{user_id}", delete_user},
      {Method::get, "/users/{user_id}/export", get_user_export},
      {Method::post, "/v1/chat/completions", post_completions, true},
      {Method::get, "/v1/models", get_models},
      {Method::get,
       "/v1/conversations",
       get_conversations,
       false,
       {"user", "limit", "order", "after", "q", "conversation"}},
      {Method::put, "/v1/conversations/{conversation_id}/items/{item_id}/feedback", put_feedback, true},
      {Method::post, "/v1/conversations/{conversation_id}/items/{item_id}/regenerate", post_regenerate_item,
       true},
      {Method::post, "/v1/responses/{response_id}/regenerate", post_regenerate_response, true},
      {Method::get, "/sync_now", sync_now},
      {Method::post, "/sync_now", sync_now},
      {Method::get, "/healthz", get_health, false, {}, false},
      {Method::get, "/readyz", get_readiness},
      {Method::get, "/metrics", get_metrics},
      {Method::get, "/openapi.json", get_openapi},
      {Method::get, "/", get_index},
  }};
  return kRoutes;
}

}  // namespace chatsync::http
