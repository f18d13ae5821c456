#include <utility>

#include "chat/conversation_request.hpp"
#include "http/conversation_json.hpp"
#include "http/handlers.hpp"
#include "http/item_list.hpp"
#include "http/json_text.hpp"
#include "http/query_fields.hpp"
#include "service/conversation_service.hpp"

namespace chatsync::http {
boost::asio::awaitable<Result<Reply>> post_conversation(Call call) {
  Result<ConversationRequest> request = read_conversation_request(call.request->body);
  if (!request) co_return failure_of(std::move(request));
  const auto made = co_await call.conversations->create(std::move(*request));
  if (!made) co_return std::unexpected(made.error());
  append_conversation(*call.out, *made);
  co_return Reply{};
}

boost::asio::awaitable<Result<Reply>> get_conversation(Call call) {
  const auto found = co_await call.conversations->find(call.arguments->session_id);
  if (!found) co_return std::unexpected(found.error());
  append_conversation(*call.out, *found);
  co_return Reply{};
}

boost::asio::awaitable<Result<Reply>> update_conversation(Call call) {
  Result<ConversationUpdate> update = read_conversation_update(call.request->body);
  if (!update) co_return failure_of(std::move(update));
  const auto updated = co_await call.conversations->update(call.arguments->session_id, std::move(*update));
  if (!updated) co_return std::unexpected(updated.error());
  append_conversation(*call.out, *updated);
  co_return Reply{};
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
