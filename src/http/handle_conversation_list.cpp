#include <utility>

#include "http/conversation_json.hpp"
#include "http/handlers.hpp"
#include "http/json_text.hpp"
#include "http/query_fields.hpp"

namespace chatsync::http {

boost::asio::awaitable<Result<Reply>> get_conversations(Call call) {
  Result<ConversationListRequest> request = parse_conversation_list_request(*call.arguments);
  if (!request) co_return failure_of(std::move(request));
  const auto list =
      co_await call.extras->list(std::move(request->user_id), request->limit, std::move(request->after));
  if (!list) co_return std::unexpected(list.error());
  std::string& out = *call.out;
  out += R"({"object":"list","data":[)";
  for (const service::Conversation& conversation : list->conversations) {
    if (&conversation != list->conversations.data()) out += ',';
    append_conversation(out, conversation);
  }
  if (list->conversations.empty()) {
    out += R"(],"first_id":null,"last_id":null)";
  } else {
    append_text(out, R"(],"first_id":)", list->conversations.front().session.session_id);
    append_text(out, R"(,"last_id":)", list->conversations.back().session.session_id);
  }
  out += list->has_more ? R"(,"has_more":true)" : R"(,"has_more":false)";
  append_partial(out, list->partial);
  out += '}';
  co_return Reply{};
}

}  // namespace chatsync::http
