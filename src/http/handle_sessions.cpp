#include <utility>

#include "http/body_fields.hpp"
#include "http/handlers.hpp"
#include "http/json_text.hpp"
#include "http/query_fields.hpp"

namespace chatsync::http {

boost::asio::awaitable<Result<Reply>> post_session(Call call) {
  auto request = parse_new_session(call.request->body);
  if (!request) co_return failure_of(std::move(request));
  const auto session = co_await call.chat->create_session(std::move(*request));
  if (!session) co_return std::unexpected(session.error());
  append_session(*call.out, *session);
  Reply reply;
  reply.status = 201;
  reply.location = "/sessions/" + session->session_id;
  co_return reply;
}

boost::asio::awaitable<Result<Reply>> get_sessions(Call call) {
  auto request = parse_session_list_request(*call.arguments);
  if (!request) co_return failure_of(std::move(request));
  const auto list = co_await call.chat->sessions_of(std::move(request->user_id), std::move(request->page));
  if (!list) co_return std::unexpected(list.error());
  std::string& out = *call.out;
  out += R"({"sessions":[)";
  for (const Session& session : list->sessions) {
    if (&session != list->sessions.data()) out += ',';
    append_session(out, session);
  }
  out += list->has_more ? R"(],"has_more":true)" : R"(],"has_more":false)";
  if (list->has_more && !list->sessions.empty()) {
    append_text(out, R"(,"next":)", session_cursor(list->sessions.back()));
  } else {
    out += R"(,"next":null)";
  }
  append_partial(out, list->partial);
  out += '}';
  co_return Reply{};
}

boost::asio::awaitable<Result<Reply>> get_session(Call call) {
  const auto session = co_await call.chat->session(call.arguments->session_id);
  if (!session) co_return std::unexpected(session.error());
  append_session(*call.out, *session);
  co_return Reply{};
}

boost::asio::awaitable<Result<Reply>> delete_session(Call call) {
  const auto deleted = co_await call.chat->erase_session(call.arguments->session_id);
  if (!deleted) co_return std::unexpected(deleted.error());
  append_text(*call.out, R"({"session_id":)", call.arguments->session_id);
  append_number(*call.out, R"(,"deleted_turns":)", static_cast<std::int64_t>(*deleted));
  *call.out += '}';
  co_return Reply{};
}

}  // namespace chatsync::http
