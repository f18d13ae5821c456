#include <utility>

#include "chat/openai_ids.hpp"
#include "http/conversation_json.hpp"
#include "http/handlers.hpp"
#include "http/json_text.hpp"
#include "http/query_fields.hpp"
#include "service/conversation_extras.hpp"

namespace chatsync::http {

namespace {

boost::asio::awaitable<Result<Reply>> search(Call call) {
  Result<SearchQuery> query = parse_search_request(*call.arguments);
  if (!query) co_return failure_of(std::move(query));
  const auto page = co_await call.extras->search(std::move(*query));
  if (!page) co_return std::unexpected(page.error());
  std::string& out = *call.out;
  out += R"({"object":"list","data":[)";
  for (const service::SearchHit& hit : page->hits) {
    if (&hit != page->hits.data()) out += ',';
    out += R"({"object":"conversation.search_result","conversation":)";
    append_conversation(out, page->conversations.at(hit.conversation));
    append_text(out, R"(,"item_id":)", item_id("msg", hit.turn.turn_id, hit.place));
    append_text(out, R"(,"snippet":)", hit.snippet);
    append_number(out, R"(,"created_at":)", hit.turn.timestamp_us / 1'000'000);
    out += '}';
  }
  out += page->has_more ? R"(],"has_more":true)" : R"(],"has_more":false)";
  if (page->has_more && !page->hits.empty()) {
    append_text(out, R"(,"next":)", search_cursor(page->hits.back().turn));
  } else {
    out += R"(,"next":null)";
  }
  out += '}';
  co_return Reply{};
}

}  // namespace

boost::asio::awaitable<Result<Reply>> get_conversations(Call call) {
  if (call.arguments->query("q") != nullptr) co_return co_await search(call);
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
