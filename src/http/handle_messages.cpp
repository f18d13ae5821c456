#include <optional>
#include <utility>

#include "http/handlers.hpp"
#include "http/json_text.hpp"
#include "http/query_fields.hpp"

namespace chatsync::http {

boost::asio::awaitable<Result<Reply>> get_messages(Call call) {
  auto page = parse_turn_page(*call.arguments);
  if (!page) co_return failure_of(std::move(page));
  const auto list = co_await call.chat->messages(call.arguments->session_id, *page);
  if (!list) co_return std::unexpected(list.error());
  std::string& out = *call.out;
  append_text(out, R"({"session_id":)", call.arguments->session_id);
  out += R"(,"messages":[)";
  for (const Turn& turn : list->turns) {
    if (&turn != list->turns.data()) out += ',';
    append_message(out, turn);
  }
  std::optional<std::int64_t> first;
  std::optional<std::int64_t> last;
  if (!list->turns.empty()) {
    first = list->turns.front().timestamp_us;
    last = list->turns.back().timestamp_us;
  }
  out += list->has_more ? R"(],"has_more":true)" : R"(],"has_more":false)";
  append_number(out, R"(,"before":)", first);
  append_number(out, R"(,"after":)", last);
  append_partial(out, list->partial);
  out += '}';
  co_return Reply{};
}

}  // namespace chatsync::http
