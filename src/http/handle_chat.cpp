#include <utility>

#include "http/body_fields.hpp"
#include "http/chat_events.hpp"
#include "http/handlers.hpp"
#include "http/turn_terms.hpp"

namespace chatsync::http {

namespace {

/// The body, with what the header fields say of the turn, which counts for more.
Result<service::ChatRequest> read_chat_request(const Call& call) {
  auto request = parse_chat_request(call.request->body);
  if (!request) return request;
  auto terms = read_turn_terms(call);
  if (!terms) return failure_of(std::move(terms));
  if (call.request->turn_fields().on_busy.empty()) terms->on_busy = request->terms.on_busy;
  request->terms = std::move(*terms);
  return request;
}

AsyncResult<Reply> stream_answer(Call call, service::ChatRequest request) {
  auto answer = co_await call.completions->stream_chat(std::move(request));
  if (!answer) co_return failure_of(std::move(answer));
  co_return chat_event_stream(call, std::move(*answer));
}

AsyncResult<Reply> tell_answer(std::string* out, AsyncResult<service::ChatReply> answer) {
  const auto chat = co_await std::move(answer);
  if (!chat) co_return std::unexpected(chat.error());
  append_chat_reply(*out, *chat);
  co_return Reply{.replayed = chat->replayed};
}

}  // namespace

// No coroutine: the request is handed on, and no frame holds it while the turn is recorded.
AsyncResult<Reply> post_chat(Call call) {
  auto request = read_chat_request(call);
  if (!request) return failed<Reply>(std::move(request).error());
  if (request->stream) return stream_answer(call, std::move(*request));
  return tell_answer(call.out, call.completions->chat(std::move(*request)));
}

boost::asio::awaitable<Result<Reply>> get_turn_stream(Call call) {
  auto answer = co_await call.completions->resume(call.arguments->session_id, call.arguments->turn_id);
  if (!answer) co_return failure_of(std::move(answer));
  co_return chat_event_stream(call, std::move(*answer));
}

}  // namespace chatsync::http
