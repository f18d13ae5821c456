#pragma once

#include "http/handler.hpp"

namespace chatsync::http {

boost::asio::awaitable<Result<Reply>> post_chat(Call call);
boost::asio::awaitable<Result<Reply>> get_turn_stream(Call call);

boost::asio::awaitable<Result<Reply>> post_completions(Call call);
boost::asio::awaitable<Result<Reply>> get_models(Call call);

boost::asio::awaitable<Result<Reply>> post_session(Call call);
boost::asio::awaitable<Result<Reply>> get_sessions(Call call);
boost::asio::awaitable<Result<Reply>> get_session(Call call);
boost::asio::awaitable<Result<Reply>> delete_session(Call call);
boost::asio::awaitable<Result<Reply>> post_cancel(Call call);
boost::asio::awaitable<Result<Reply>> get_messages(Call call);
boost::asio::awaitable<Result<Reply>> get_stats(Call call);

boost::asio::awaitable<Result<Reply>> delete_user(Call call);
boost::asio::awaitable<Result<Reply>> get_user_export(Call call);

boost::asio::awaitable<Result<Reply>> sync_now(Call call);

boost::asio::awaitable<Result<Reply>> get_index(Call call);
boost::asio::awaitable<Result<Reply>> get_health(Call call);
boost::asio::awaitable<Result<Reply>> get_readiness(Call call);
boost::asio::awaitable<Result<Reply>> get_metrics(Call call);
boost::asio::awaitable<Result<Reply>> get_openapi(Call call);

}  // namespace chatsync::http
