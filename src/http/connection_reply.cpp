// The writing half of a connection. A reply whose body is whole goes out in one piece. Otherwise each piece
// is asked for when the one before it has been taken by the socket, so that a slow client holds one piece in
// our memory, whatever the length of the body.
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.hpp"
#include "http/connection.hpp"

namespace chatsync::http {

namespace asio = boost::asio;
using asio::redirect_error;
using asio::use_awaitable;
using boost::system::error_code;

asio::awaitable<Connection::Next> Connection::stream(ReplyHead head, BodyProducer* body) {
  head.body_end = parser_.request().http_1_0 ? BodyEnd::close : BodyEnd::chunk;
  if (head.body_end == BodyEnd::close) head.keep_alive = false;
  complete(head);
  if (!co_await send(reply_.finish(head))) co_return Next::close;
  for (bool more = !head.head_only; more;) {
    enter(Phase::busy);
    // A producer that never waits would otherwise keep all others of this thread waiting.
    co_await asio::post(socket_.get_executor(), use_awaitable);
    const Result<bool> next = co_await next_piece(body, &reply_.begin_body());
    if (!next) co_return break_off(head.body_end, next.error());
    if (!co_await send(reply_.finish_piece(head.body_end))) co_return Next::close;
    more = *next;
  }
  const bool last_chunk = head.body_end == BodyEnd::chunk && !head.head_only;
  if (last_chunk && !co_await send(kLastChunk)) co_return Next::close;
  co_return head.keep_alive ? Next::go_on : Next::linger;
}

Connection::Next Connection::break_off(BodyEnd body_end, const Error& reason) {
  const Request& request = parser_.request();
  log_error("request {}: {} {}: the reply is broken off: {}", request.request_id, to_string(request.method),
            request.target, reason.message);
  context_.metrics.broken_replies.add();
  // The missing last chunk says it all; where the end of the connection means the end of the body, only a
  // reset tells the difference.
  if (body_end == BodyEnd::chunk) return Next::linger;
  error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  return Next::close;
}

void Connection::complete(ReplyHead& head) {
  Request& request = parser_.request();
  if (request.request_id.empty()) context_.request_ids.next(request.request_id);
  head.request_id = request.request_id;
  head.date = context_.date.at(context_.clock.now_us());
  head.http_1_0 = request.http_1_0;
  head.head_only = request.method == Method::head;
}

/// Nearly every reply goes to the socket at once: that takes no coroutine.
Connection::Unsent Connection::write_reply(ReplyHead head) {
  Unsent unsent = put_together(std::move(head));
  if (!write_what_fits(unsent.rest)) return {{}, Next::close};
  return unsent;
}

Connection::Unsent Connection::put_together(ReplyHead head) {
  complete(head);
  return {reply_.finish(head), head.keep_alive ? Next::go_on : Next::linger};
}

asio::awaitable<bool> Connection::send(std::string_view text) {
  for (;;) {
    if (!write_what_fits(text)) co_return false;
    if (text.empty()) co_return true;
    enter(Phase::write);
    error_code failure;
    const std::size_t sent =
        co_await socket_.async_write_some(asio::buffer(text), redirect_error(use_awaitable, failure));
    if (failure) co_return false;
    text.remove_prefix(sent);
  }
}

bool Connection::write_what_fits(std::string_view& text) {
  while (!text.empty()) {
    error_code failure;
    text.remove_prefix(socket_.write_some(asio::buffer(text), failure));
    if (failure) return failure == asio::error::would_block;
  }
  return true;
}

}  // namespace chatsync::http
