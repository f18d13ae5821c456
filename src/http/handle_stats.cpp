#include "http/handlers.hpp"
#include "http/json_text.hpp"

namespace chatsync::http {

boost::asio::awaitable<Result<Reply>> get_stats(Call call) {
  const auto stats = co_await call.chat->stats(call.arguments->session_id);
  if (!stats) co_return std::unexpected(stats.error());
  std::string& out = *call.out;
  append_text(out, R"({"session_id":)", stats->session.session_id);
  append_text(out, R"(,"user_id":)", stats->session.user_id);
  append_number(out, R"(,"question_count":)", stats->session.question_count);
  append_number(out, R"(,"question_count_cache":)", stats->question_count_cache);
  append_number(out, R"(,"question_count_store":)", stats->question_count_store);
  append_number(out, R"(,"pending":)", static_cast<std::int64_t>(stats->pending));
  append_number(out, R"(,"synced":)", stats->synced);
  append_number(out, R"(,"history_length":)", static_cast<std::int64_t>(stats->history_length));
  append_time(out, R"(,"last_activity":)", stats->last_activity_us);
  append_partial(out, stats->partial);
  out += '}';
  co_return Reply{};
}

}  // namespace chatsync::http
