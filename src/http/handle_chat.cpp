#include <utility>

#include "http/body_fields.hpp"
#include "http/handlers.hpp"
#include "http/json_text.hpp"

namespace chatsync::http {
namespace {

void append_chat_reply(std::string& out, const service::ChatReply& reply) {
  append_text(out, R"({"session_id":)", reply.session_id);
  append_text(out, R"(,"turn_id":)", reply.turn_id);
  append_number(out, R"(,"question_count":)", reply.question_count);
  append_text(out, R"(,"answer":)", reply.answer);
  append_time(out, R"(,"created_at":)", reply.created_at_us);
  append_text(out, R"(,"durability":)", to_string(reply.durability));
  if (reply.provisional_count) out += R"(,"question_count_provisional":true)";
  out += '}';
}

}  // namespace

boost::asio::awaitable<Result<Reply>> post_chat(Call call) {
  auto request = parse_chat_request(call.request->body);
  if (!request) co_return failure_of(std::move(request));
  const auto reply = co_await call.chat->chat(std::move(*request));
  if (!reply) co_return std::unexpected(reply.error());
  append_chat_reply(*call.out, *reply);
  co_return Reply{};
}

}  // namespace chatsync::http
