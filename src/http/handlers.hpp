#pragma once

#include "http/handler.hpp"

namespace chatsync::http {

boost::asio::awaitable<Result<Reply>> post_chat(Call call);
boost::asio::awaitable<Result<Reply>> get_turn_stream(Call call);

boost::asio::awaitable<Result<Reply>> post_completions(Call call);
boost::asio::awaitable<Result<Reply>> get_models(Call call);

boost::asio::awaitable<Result<Reply>> post_response(Call call);
boost::asio::awaitable<Result<Reply>> get_response(Call call);
boost::asio::awaitable<Result<Reply>> delete_response(Call call);
boost::asio::awaitable<Result<Reply>> post_response_cancel(Call call);
boost::asio::awaitable<Result<Reply>> get_input_items(Call call);

boost::asio::awaitable<Result<Reply>> post_conversation(Call call);
boost::asio::awaitable<Result<Reply>> get_conversation(Call call);
boost::asio::awaitable<Result<Reply>> update_conversation(Call call);
boost::asio::awaitable<Result<Reply>> delete_conversation(Call call);
boost::asio::awaitable<Result<Reply>> post_items(Call call);
boost::asio::awaitable<Result<Reply>> get_items(Call call);
boost::asio::awaitable<Result<Reply>> get_item(Call call);
boost::asio::awaitable<Result<Reply>> delete_item(Call call);
boost::asio::awaitable<Result<Reply>> get_conversations(Call call);
boost::asio::awaitable<Result<Reply>> put_feedback(Call call);
boost::asio::awaitable<Result<Reply>> post_regenerate_item(Call call);
boost::asio::awaitable<Result<Reply>> post_regenerate_response(Call call);

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
