#include <memory>
#include <utility>

#include "chat/openai_ids.hpp"
#include "chat/response_object.hpp"
#include "http/completion_events.hpp"
#include "http/handlers.hpp"
#include "http/item_list.hpp"
#include "http/json_text.hpp"
#include "http/named_ids.hpp"
#include "http/query_fields.hpp"
#include "http/response_event_body.hpp"
#include "http/turn_terms.hpp"
#include "service/response_service.hpp"

namespace chatsync::http {
namespace {

/// What is asked for, with the session and the user that the request names.
Result<service::ResponseCall> read_call(const Call& asked) {
  Result<ResponseRequest> request = read_response_request(asked.request->body);
  if (!request) return failure_of(std::move(request));
  Result<std::string> session_id = named_session(*asked.request, request->session_id);
  if (!session_id) return failure_of(std::move(session_id));
  if (auto named = named_session_in("conversation", request->conversation); !named) {
    return failure_of(std::move(named));
  }
  Result<std::string> user_id = named_user_in("user", request->user);
  if (!user_id) return failure_of(std::move(user_id));
  service::ResponseCall call;
  call.session_id = std::move(*session_id);
  if (!user_id->empty()) call.user_id = std::move(*user_id);
  Result<service::TurnRequest> terms = read_turn_terms(asked);
  if (!terms) return failure_of(std::move(terms));
  call.terms = std::move(*terms);
  call.request = std::move(*request);
  return call;
}

/// The response that the path names.
Result<ResponseName> name_of(const Call& call) {
  const std::string& id = call.arguments->response_id;
  if (auto name = parse_response_id(id)) return std::move(*name);
  return fail(ErrorKind::not_found, "there is no response " + id, "response_not_found", "response_id");
}

Reply event_stream(service::RunningResponse response, std::int64_t starting_after, const Clock& clock) {
  Reply reply;
  reply.media_type = kEventStream;
  reply.replayed = response.replayed;
  reply.body = std::make_unique<ResponseEventBody>(std::move(response), starting_after, clock);
  return reply;
}

void append_found(std::string& out, const service::RunningResponse& found) {
  if (found.answer != nullptr) {
    append_response(out, found.turn, {}, {.status = "in_progress"});
  } else {
    append_response(out, found.turn, found.items, status_of(found.turn));
  }
}

}  // namespace

boost::asio::awaitable<Result<Reply>> post_response(Call call) {
  Result<service::ResponseCall> read = read_call(call);
  if (!read) co_return failure_of(std::move(read));
  if (read->request.stream) {
    Result<service::RunningResponse> response = co_await call.responses->stream(std::move(*read));
    if (!response) co_return failure_of(std::move(response));
    co_return event_stream(std::move(*response), -1, *call.clock);
  }
  const Result<service::RunningResponse> made = co_await call.responses->create(std::move(*read));
  if (!made) co_return std::unexpected(made.error());
  append_found(*call.out, *made);
  Reply reply;
  reply.replayed = made->replayed;
  co_return reply;
}

boost::asio::awaitable<Result<Reply>> get_response(Call call) {
  Result<ResponseName> name = name_of(call);
  if (!name) co_return failure_of(std::move(name));
  const Result<ResponseStreamRequest> request = parse_response_stream_request(*call.arguments);
  if (!request) co_return std::unexpected(request.error());
  Result<service::RunningResponse> found = co_await call.responses->find(std::move(*name));
  if (!found) co_return failure_of(std::move(found));
  if (request->stream) co_return event_stream(std::move(*found), request->starting_after, *call.clock);
  append_found(*call.out, *found);
  co_return Reply{};
}

boost::asio::awaitable<Result<Reply>> delete_response(Call call) {
  Result<ResponseName> name = name_of(call);
  if (!name) co_return failure_of(std::move(name));
  const Result<void> erased = co_await call.responses->erase(std::move(*name));
  if (!erased) co_return std::unexpected(erased.error());
  append_text(*call.out, R"({"id":)", call.arguments->response_id);
  *call.out += R"(,"object":"response","deleted":true})";
  co_return Reply{};
}

boost::asio::awaitable<Result<Reply>> post_response_cancel(Call call) {
  Result<ResponseName> name = name_of(call);
  if (!name) co_return failure_of(std::move(name));
  const Result<service::RunningResponse> found = co_await call.responses->cancel(std::move(*name));
  if (!found) co_return std::unexpected(found.error());
  append_found(*call.out, *found);
  co_return Reply{};
}

boost::asio::awaitable<Result<Reply>> get_input_items(Call call) {
  Result<ResponseName> name = name_of(call);
  if (!name) co_return failure_of(std::move(name));
  const Result<service::ItemPage> page = parse_item_page(*call.arguments);
  if (!page) co_return std::unexpected(page.error());
  Result<std::vector<VisibleItem>> items = co_await call.responses->input_items(std::move(*name));
  if (!items) co_return failure_of(std::move(items));
  const Result<service::ItemList> list = service::page_of(std::move(*items), *page);
  if (!list) co_return std::unexpected(list.error());
  append_item_list(*call.out, list->items, list->has_more);
  co_return Reply{};
}

}  // namespace chatsync::http
