#include "http/handlers.hpp"
#include "http/json_text.hpp"
#include "http/user_export.hpp"
#include "service/conversation_extras.hpp"

namespace chatsync::http {

boost::asio::awaitable<Result<Reply>> delete_user(Call call) {
  const auto erased = co_await call.chat->erase_user(call.arguments->user_id);
  if (!erased) co_return std::unexpected(erased.error());
  append_text(*call.out, R"({"user_id":)", call.arguments->user_id);
  append_number(*call.out, R"(,"deleted_sessions":)", static_cast<std::int64_t>(erased->sessions));
  append_number(*call.out, R"(,"deleted_turns":)", static_cast<std::int64_t>(erased->turns));
  *call.out += '}';
  co_return Reply{};
}

boost::asio::awaitable<Result<Reply>> get_user_export(Call call) {
  Reply reply;
  reply.media_type = "application/x-ndjson";
  reply.body = std::make_unique<UserExport>(*call.chat, call.extras, call.arguments->user_id);
  co_return reply;
}

}  // namespace chatsync::http
