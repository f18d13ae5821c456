#include <utility>

#include "http/handlers.hpp"
#include "http/http_error.hpp"
#include "http/json_text.hpp"

namespace chatsync::http {

boost::asio::awaitable<Result<Reply>> sync_now(Call call) {
  sync::DrainReport report = co_await call.chat->sync_now();
  std::string& out = *call.out;
  Reply reply;
  if (report.failure) {
    reply.status = 503;
    const HttpError error{503, std::move(report.failure->message), "sync_failed", {}};
    append_error_body(out, error, report.pending);
    co_return reply;
  }
  const auto synced = static_cast<std::int64_t>(report.synced);
  append_number(out, R"({"message":"Đã đồng bộ thành công )", synced);
  append_number(out, R"( tin nhắn","synced":)", synced);
  if (report.dead_lettered > 0) {
    append_number(out, R"(,"dead_lettered":)", static_cast<std::int64_t>(report.dead_lettered));
  }
  out += '}';
  co_return reply;
}

}  // namespace chatsync::http
