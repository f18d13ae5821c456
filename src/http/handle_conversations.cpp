#include <utility>

#include "chat/conversation_request.hpp"
#include "http/conversation_json.hpp"
#include "http/handlers.hpp"
#include "http/item_list.hpp"
#include "http/json_text.hpp"
#include "http/query_fields.hpp"
#include "service/conversation_extras.hpp"
#include "service/conversation_service.hpp"

namespace chatsync::http {
namespace {

boost::asio::awaitable<Result<Reply>> show(Call call, std::string session_id) {
  const auto conversation = co_await call.extras->conversation(std::move(session_id));
  if (!conversation) co_return std::unexpected(conversation.error());
  append_conversation(*call.out, *conversation);
  co_return Reply{};
}

}  // namespace

boost::asio::awaitable<Result<Reply>> post_conversation(Call call) {
  Result<ConversationRequest> request = read_conversation_request(call.request->body);
  if (!request) co_return failure_of(std::move(request));
  const auto made =
      co_await call.conversations->create(std::move(request->turns), std::move(request->metadata));
  if (!made) co_return std::unexpected(made.error());
  if (!request->title.empty()) {
    const std::string id = made->session.session_id;
    const auto titled = co_await call.extras->describe(id, std::move(request->title), std::nullopt);
    if (!titled) co_return std::unexpected(titled.error());
    co_return co_await show(call, id);
  }
  append_conversation(*call.out, *made);
  co_return Reply{};
}

boost::asio::awaitable<Result<Reply>> get_conversation(Call call) {
  return show(call, call.arguments->session_id);
}

boost::asio::awaitable<Result<Reply>> update_conversation(Call call) {
  Result<ConversationUpdate> update = read_conversation_update(call.request->body);
  if (!update) co_return failure_of(std::move(update));
  const auto updated = co_await call.extras->describe(call.arguments->session_id, std::move(update->title),
                                                      std::move(update->metadata));
  if (!updated) co_return std::unexpected(updated.error());
  co_return co_await show(call, call.arguments->session_id);
}

boost::asio::awaitable<Result<Reply>> delete_conversation(Call call) {
  const auto deleted = co_await call.chat->erase_session(call.arguments->session_id);
  if (!deleted) co_return std::unexpected(deleted.error());
  append_text(*call.out, R"({"id":)", call.arguments->session_id);
  *call.out += R"(,"object":"conversation.deleted","deleted":true})";
  co_return Reply{};
}

boost::asio::awaitable<Result<Reply>> post_items(Call call) {
  Result<std::vector<ItemTurn>> turns = read_items_request(call.request->body);
  if (!turns) co_return failure_of(std::move(turns));
  const auto added = co_await call.conversations->add(call.arguments->session_id, std::move(*turns));
  if (!added) co_return std::unexpected(added.error());
  append_item_list(*call.out, *added, false);
  co_return Reply{};
}

boost::asio::awaitable<Result<Reply>> get_items(Call call) {
  Result<service::ItemPage> page = parse_item_page(*call.arguments);
  if (!page) co_return failure_of(std::move(page));
  const auto list = co_await call.conversations->items(call.arguments->session_id, std::move(*page));
  if (!list) co_return std::unexpected(list.error());
  append_item_list(*call.out, list->items, list->has_more);
  co_return Reply{};
}

boost::asio::awaitable<Result<Reply>> get_item(Call call) {
  const auto item = co_await call.conversations->item(call.arguments->session_id, call.arguments->item_id);
  if (!item) co_return std::unexpected(item.error());
  append_item(*call.out, *item);
  co_return Reply{};
}

boost::asio::awaitable<Result<Reply>> delete_item(Call call) {
  const auto conversation =
      co_await call.conversations->delete_item(call.arguments->session_id, call.arguments->item_id);
  if (!conversation) co_return std::unexpected(conversation.error());
  append_conversation(*call.out, *conversation);
  co_return Reply{};
}

}  // namespace chatsync::http
