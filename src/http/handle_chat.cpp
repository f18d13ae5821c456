#include <utility>

#include "http/body_fields.hpp"
#include "http/chat_events.hpp"
#include "http/handlers.hpp"
#include "http/turn_terms.hpp"

namespace chatsync::http {

boost::asio::awaitable<Result<Reply>> post_chat(Call call) {
  auto request = parse_chat_request(call.request->body);
  if (!request) co_return failure_of(std::move(request));
  auto terms = read_turn_terms(call);
  if (!terms) co_return failure_of(std::move(terms));
  if (call.request->turn_fields().on_busy.empty()) terms->on_busy = request->terms.on_busy;
  request->terms = std::move(*terms);
  if (request->stream) {
    auto answer = co_await call.completions->stream_chat(std::move(*request));
    if (!answer) co_return failure_of(std::move(answer));
    co_return chat_event_stream(call, std::move(*answer));
  }
  const auto chat = co_await call.completions->chat(std::move(*request));
  if (!chat) co_return std::unexpected(chat.error());
  append_chat_reply(*call.out, *chat);
  Reply reply;
  reply.replayed = chat->replayed;
  co_return reply;
}

boost::asio::awaitable<Result<Reply>> get_turn_stream(Call call) {
  auto answer = co_await call.completions->resume(call.arguments->session_id, call.arguments->turn_id);
  if (!answer) co_return failure_of(std::move(answer));
  co_return chat_event_stream(call, std::move(*answer));
}

}  // namespace chatsync::http
