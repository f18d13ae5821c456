#include <utility>

#include "chat/ids.hpp"
#include "http/completion_events.hpp"
#include "http/handlers.hpp"
#include "http/json_text.hpp"
#include "http/turn_terms.hpp"
#include "service/completion_service.hpp"

namespace chatsync::http {
namespace {

std::unexpected<Error> bad_id(std::string expected, std::string param) {
  return fail(ErrorKind::invalid_argument, "expected " + std::move(expected), "invalid_value",
              std::move(param));
}

/// What is asked for: with the session and the user that the request names.
Result<service::CompletionCall> read_call(const Call& asked) {
  const Request& http_request = *asked.request;
  Result<CompletionRequest> request = read_completion_request(http_request.body);
  if (!request) return failure_of(std::move(request));
  service::CompletionCall call;
  const bool by_header = !http_request.session_id.empty();
  std::string session_id = by_header ? http_request.session_id : request->session_id;
  if (!session_id.empty()) {
    if (!is_session_id(session_id)) {
      return bad_id("[A-Za-z0-9._-]{1,64}", by_header ? "X-Session-Id" : "metadata.session_id");
    }
    call.session_id = std::move(session_id);
    if (!request->user.empty()) {
      if (!is_user_id(request->user)) return bad_id("[A-Za-z0-9._:@+-]{1,128}", "user");
      call.user_id = request->user;
    }
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
