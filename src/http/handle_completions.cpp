#include <utility>

#include "http/completion_events.hpp"
#include "http/handlers.hpp"
#include "http/json_text.hpp"
#include "http/named_ids.hpp"
#include "http/turn_terms.hpp"
#include "service/completion_service.hpp"

namespace chatsync::http {
namespace {

/// What is asked for: with the session and the user that the request names.
Result<service::CompletionCall> read_call(const Call& asked) {
  Result<CompletionRequest> request = read_completion_request(asked.request->body);
  if (!request) return failure_of(std::move(request));
  Result<std::string> session_id = named_session(*asked.request, request->session_id);
  if (!session_id) return failure_of(std::move(session_id));
  service::CompletionCall call;
  if (!session_id->empty()) {
    call.session_id = std::move(*session_id);
    Result<std::string> user_id = named_user_in("user", request->user);
    if (!user_id) return failure_of(std::move(user_id));
    if (!user_id->empty()) call.user_id = std::move(*user_id);
    Result<service::TurnRequest> terms = read_turn_terms(asked);
    if (!terms) return failure_of(std::move(terms));
    call.terms = std::move(*terms);
  }
  call.request = std::move(*request);
  return call;
}

}  // namespace

boost::asio::awaitable<Result<Reply>> post_completions(Call call) {
  Result<service::CompletionCall> read = read_call(call);
  if (!read) co_return failure_of(std::move(read));
  Reply reply;
  if (read->request.stream) {
    auto answer = co_await call.completions->stream(std::move(*read));
    if (!answer) co_return failure_of(std::move(answer));
    reply.media_type = kEventStream;
    reply.replayed = (*answer)->replayed();
    reply.body = std::make_unique<CompletionEvents>(std::move(*answer), *call.clock);
    co_return reply;
  }
  const auto answer = co_await call.completions->complete(std::move(*read));
  if (!answer) co_return std::unexpected(answer.error());
  *call.out += answer->body;
  reply.replayed = answer->replayed;
  co_return reply;
}

boost::asio::awaitable<Result<Reply>> get_models(Call call) {
  const Result<std::string> models = co_await call.completions->models();
  if (!models) co_return std::unexpected(models.error());
  *call.out += *models;
  co_return Reply{};
}

boost::asio::awaitable<Result<Reply>> post_cancel(Call call) {
  const std::size_t cancelled = co_await call.completions->cancel_anywhere(call.arguments->session_id);
  append_text(*call.out, R"({"session_id":)", call.arguments->session_id);
  append_number(*call.out, R"(,"cancelled":)", static_cast<std::int64_t>(cancelled));
  *call.out += '}';
  co_return Reply{};
}

}  // namespace chatsync::http
