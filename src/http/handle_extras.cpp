// What is done to an item of a conversation after its turn was recorded: feedback, and other answers.
#include <optional>
#include <utility>

#include "chat/feedback_json.hpp"
#include "chat/openai_ids.hpp"
#include "http/extras_fields.hpp"
#include "http/handlers.hpp"
#include "http/json_text.hpp"
#include "service/conversation_extras.hpp"

namespace chatsync::http {
namespace {

std::unexpected<Error> no_such_item() {
  return fail(ErrorKind::not_found, "the conversation has no such item", "item_not_found", "item_id");
}

boost::asio::awaitable<Result<Reply>> regenerate(Call call, std::string session_id, std::string turn_id) {
  Result<RegenerateRequest> request = parse_regenerate_request(call.request->body);
  if (!request) co_return failure_of(std::move(request));
  const auto made = co_await call.extras->regenerate(
      std::move(session_id), std::move(turn_id), std::move(request->model), std::move(request->instructions));
  if (!made) co_return std::unexpected(made.error());
  const Turn& turn = made->turn;
  std::string& out = *call.out;
  append_text(out, R"({"object":"conversation.answer","conversation_id":)", turn.session_id);
  append_text(out, R"(,"response_id":)", response_id(turn.session_id, turn.turn_id));
  append_text(out, R"(,"item":{"type":"message","id":)", item_id("msg", made->sibling_id, 1));
  out += R"(,"status":"completed","role":"assistant","content":[{"type":"output_text","annotations":[])";
  append_text(out, R"(,"text":)", turn.answer);
  append_text(out, R"(}]},"model":)", turn.model);
  append_number(out, R"(,"question_count":)", made->question_count);
  out += '}';
  co_return Reply{};
}

}  // namespace

boost::asio::awaitable<Result<Reply>> put_feedback(Call call) {
  Result<std::optional<ItemFeedback>> feedback = parse_feedback(call.request->body);
  if (!feedback) co_return failure_of(std::move(feedback));
  std::optional<ItemName> item = parse_item_id(call.arguments->item_id);
  if (!item) co_return no_such_item();
  if (*feedback) (*feedback)->given_at_us = call.clock->now_us();
  const auto rated = co_await call.extras->rate(call.arguments->session_id, std::move(*item), *feedback);
  if (!rated) co_return std::unexpected(rated.error());
  std::string& out = *call.out;
  append_text(out, R"({"id":)", call.arguments->item_id);
  append_text(out, R"(,"object":"conversation.item.feedback","conversation_id":)",
              call.arguments->session_id);
  out += R"(,"feedback":)";
  append_feedback(out, *feedback ? &**feedback : nullptr);
  out += '}';
  co_return Reply{};
}

boost::asio::awaitable<Result<Reply>> post_regenerate_item(Call call) {
  std::optional<ItemName> item = parse_item_id(call.arguments->item_id);
  if (!item) co_return no_such_item();
  auto found = co_await call.extras->find_item(call.arguments->session_id, std::move(*item));
  if (!found) co_return failure_of(std::move(found));
  co_return co_await regenerate(call, call.arguments->session_id, std::move(found->turn.turn_id));
}

boost::asio::awaitable<Result<Reply>> post_regenerate_response(Call call) {
  std::optional<ResponseName> name = parse_response_id(call.arguments->response_id);
  if (!name) {
    co_return fail(ErrorKind::not_found, "there is no such response", "response_not_found", "response_id");
  }
  co_return co_await regenerate(call, std::move(name->session_id), std::move(name->turn_id));
}

}  // namespace chatsync::http
