#include "http/connection.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <chrono>
#include <exception>
#include <utility>

#include "base/log.hpp"

namespace chatsync::http {
namespace {

namespace asio = boost::asio;
using asio::redirect_error;
using asio::use_awaitable;
using boost::system::error_code;

constexpr std::size_t kIdleCapacity = 2UL * 1024;
constexpr std::size_t kBodyCapacity = 32UL * 1024;

ParserLimits limits_of(const HttpOptions& options) {
  return {options.max_header_bytes, options.max_body_bytes};
}

}  // namespace

Connection::Connection(asio::ip::tcp::socket socket, ConnectionContext& context)
    : socket_(std::move(socket)), context_(context), parser_(limits_of(context.options)) {
  error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
  context_.deadlines.add(*this);
}

Connection::~Connection() { context_.deadlines.remove(*this); }

asio::awaitable<void> Connection::run() {
  Next next = Next::go_on;
  while (next == Next::go_on) {
    const RequestParser::Step step = parser_.advance(input_.data());
    input_.consume(step.taken);
    switch (step.event) {
      case RequestParser::Event::need_more:
        next = co_await receive();
        break;
      case RequestParser::Event::header:
        next = co_await begin_body();
        break;
      case RequestParser::Event::complete:
        next = co_await answer();
        parser_.next();
        break;
      case RequestParser::Event::refused:
        next = co_await refuse_malformed();
        break;
    }
  }
  if (next == Next::linger) co_await linger();
  error_code ignored;
  socket_.close(ignored);
}

asio::awaitable<Connection::Next> Connection::receive() {
  const Phase wanted = between_requests() ? Phase::fresh : parser_.in_body() ? Phase::body : Phase::header;
  if (wanted == Phase::fresh && context_.draining) co_return read_what_came();
  // The time for a header or a body runs from its beginning, however many pieces it comes in.
  if (wanted == Phase::fresh || phase != wanted) enter(wanted);
  const auto room = input_.prepare(wanted_capacity());
  error_code failure;
  const std::size_t bytes = co_await socket_.async_read_some(room, redirect_error(use_awaitable, failure));
  input_.commit(bytes);
  if (!failure) co_return Next::go_on;
  if (wanted == Phase::fresh) {
    co_return interruption_ == Interruption::ended ? read_what_came() : Next::close;
  }
  if (interruption_ == Interruption::expired) {
    co_return co_await refuse_broken_off(408, "the request took too long to arrive");
  }
  if (failure != asio::error::eof) co_return Next::close;
  // A client that has shut down its side may still read what it did wrong.
  co_await refuse_broken_off(400, "the request ended before it was complete");
  co_return Next::close;
}

// What these two need is in frames of their own, which an idle connection does not have.
asio::awaitable<Connection::Next> Connection::refuse_malformed() {
  Dispatch refused;
  refused.error = parser_.failure();
  co_return co_await refuse(std::move(refused));
}

asio::awaitable<Connection::Next> Connection::refuse_broken_off(int status, std::string_view message) {
  Dispatch refused;
  refused.error = protocol_error(status, std::string(message));
  co_return co_await refuse(std::move(refused));
}

Connection::Next Connection::read_what_came() {
  error_code failure;
  input_.commit(socket_.read_some(input_.prepare(wanted_capacity()), failure));
  return failure ? Next::close : Next::go_on;
}

asio::awaitable<Connection::Next> Connection::begin_body() {
  const bool asks_first = parser_.request().expects_continue && input_.empty();
  if (!asks_first && context_.options.keys.empty()) co_return Next::go_on;
  // Who asks first is spared to send a body that would be refused anyway, and the body of a stranger is not
  // taken in.
  Dispatch found = dispatched();
  if (found.error && (asks_first || found.error->status == 401)) co_return co_await refuse(std::move(found));
  if (!asks_first) co_return Next::go_on;
  co_return co_await send("HTTP/1.1 100 Continue\r\n\r\n") ? Next::go_on : Next::close;
}

// What few requests need is in frames of its own, and answer() has none: of a turn under way, as little as
// possible waits in the caches of the processor.
asio::awaitable<Connection::Next> Connection::answer() {
  enter(Phase::busy);
  const SteadyTime started = context_.clock.steady_now();
  Dispatch found = dispatched();
  if (found.route == nullptr) return answer_as_decided(std::move(found), started);
  return answer_by_handler({found.route, found.slot, started});
}

Dispatch Connection::dispatched() {
  if (!asked_) asked_ = std::make_unique<Asked>();
  asked_->caller = {};
  Dispatch found = dispatch(parser_.request(), asked_->arguments);
  authorize(found, parser_.request(), context_.options.keys, asked_->caller);
  return found;
}

asio::awaitable<Connection::Next> Connection::answer_as_decided(Dispatch found, SteadyTime started) {
  reply_.begin_body();
  ReplyHead head;
  head.status = 204;
  head.allow = found.allow;
  if (found.error) write_error(*found.error, head);
  const Unsent unsent = write_reply(settle(head, found.slot, started));
  co_return unsent.rest.empty() || co_await send(unsent.rest) ? unsent.next : Next::close;
}

asio::awaitable<Connection::Next> Connection::answer_by_handler(Routed routed) {
  std::string* const out = &reply_.begin_body();
  Result<Reply> reply;
  std::exception_ptr escaped;
  try {
    reply = co_await handle(*routed.route, out);
  } catch (...) {
    escaped = std::current_exception();
  }
  if (escaped) reply = failed_by(escaped);
  if (reply && reply->body) co_return co_await answer_in_pieces(&reply, out, routed);
  Unsent unsent = put_together(reply, routed);
  const ssize_t sent = co_await context_.sender.send(&socket_, unsent.rest);
  if (sent < 0 && sent != -EAGAIN) co_return Next::close;
  unsent.rest.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
  co_return unsent.rest.empty() || co_await send(unsent.rest) ? unsent.next : Next::close;
}

/// While nothing is sent, a failure can still be told by the status, and a short body by its length.
asio::awaitable<Connection::Next> Connection::answer_in_pieces(Result<Reply>* reply, std::string* out,
                                                               Routed routed) {
  if (parser_.request().method != Method::head) {
    const Result<bool> more = co_await next_piece((*reply)->body.get(), out);
    if (!more) {
      *reply = std::unexpected(more.error());
    } else if (!*more) {
      (*reply)->body.reset();
    }
  }
  if (*reply && (*reply)->body) {
    co_return co_await stream(settle(head_of(*reply), routed.slot, routed.started), (*reply)->body.get());
  }
  const Unsent unsent = write_reply(settle(head_of(*reply), routed.slot, routed.started));
  co_return unsent.rest.empty() || co_await send(unsent.rest) ? unsent.next : Next::close;
}

/// Of the reply to a request whose handler has run; after a failure with the body that tells of it.
ReplyHead Connection::head_of(const Result<Reply>& reply) {
  ReplyHead head;
  if (reply) {
    head.status = reply->status;
    head.media_type = reply->media_type;
    head.location = reply->location;
    head.replayed = reply->replayed;
  } else {
    write_error(to_http_error(reply.error()), head);
  }
  return head;
}

Connection::Unsent Connection::put_together(const Result<Reply>& reply, Routed routed) {
  return put_together(settle(head_of(reply), routed.slot, routed.started));
}

/// Decides whether the connection stays, and accounts for the request.
ReplyHead Connection::settle(ReplyHead head, std::size_t slot, SteadyTime started) {
  head.keep_alive = parser_.request().keep_alive && !(context_.draining && input_.empty());
  account(slot, head.status, started);
  return head;
}

AsyncResult<Reply> Connection::handle(const Route& route, std::string* out) {
  Request& request = parser_.request();
  if (request.request_id.empty()) context_.request_ids.next(request.request_id);
  return route.handler({.request = &request,
                        .arguments = &asked_->arguments,
                        .caller = &asked_->caller,
                        .chat = &context_.chat,
                        .completions = context_.completions,
                        .responses = context_.responses,
                        .conversations = context_.conversations,
                        .extras = context_.extras,
                        .clock = &context_.clock,
                        .metrics = context_.metrics_page,
                        .out = out});
}

AsyncResult<bool> Connection::next_piece(BodyProducer* body, std::string* out) {
  std::exception_ptr escaped;
  try {
    co_return co_await body->append_next(out);
  } catch (...) {
    escaped = std::current_exception();
  }
  co_return failed_by(escaped);
}

/// Logs the exception that left a handler, and makes a failure of it.
std::unexpected<Error> Connection::failed_by(const std::exception_ptr& escaped) {
  std::string failure;
  try {
    std::rethrow_exception(escaped);
  } catch (const std::exception& exception) {
    failure = exception.what();
  } catch (...) {
    failure = "an exception of unknown type";
  }
  const Request& request = parser_.request();
  log_error("request {}: {} {} failed: {}", request.request_id, to_string(request.method), request.target,
            failure);
  return fail(ErrorKind::internal, "the server failed; its log says more under this x-request-id");
}

asio::awaitable<Connection::Next> Connection::refuse(Dispatch refusal) {
  ReplyHead head;
  head.allow = refusal.allow;
  head.keep_alive = false;
  write_error(*refusal.error, head);
  account(refusal.slot, head.status, context_.clock.steady_now());
  complete(head);
  co_return co_await send(reply_.finish(head)) ? Next::linger : Next::close;
}

/// Closing a socket with unread bytes in it resets the connection, and the client may lose the reply that
/// it has not read yet. So what the client still sends is read and dropped for a while.
asio::awaitable<void> Connection::linger() {
  error_code failure;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, failure);
  enter(Phase::linger);
  while (!failure && interruption_ == Interruption::none) {
    input_.consume(input_.data().size());
    co_await socket_.async_read_some(input_.prepare(kIdleCapacity), redirect_error(use_awaitable, failure));
  }
}

void Connection::expire(Phase expired) {
  if (expired == Phase::fresh) {
    reply_.release();
    parser_.request().release();
    asked_.reset();
    context_.deadlines.enter(*this, Phase::idle, context_.clock.steady_now());
    return;
  }
  if (expired != Phase::idle && expired != Phase::linger) context_.metrics.slow_clients.add();
  interruption_ = Interruption::expired;
  error_code ignored;
  socket_.cancel(ignored);
}

void Connection::end_wait() {
  interruption_ = Interruption::ended;
  error_code ignored;
  socket_.cancel(ignored);
}

void Connection::cut() {
  error_code ignored;
  socket_.close(ignored);
}

void Connection::enter(Phase next) {
  interruption_ = Interruption::none;
  context_.deadlines.enter(*this, next, context_.clock.steady_now());
}

bool Connection::between_requests() const { return !parser_.in_body() && input_.empty(); }

std::size_t Connection::wanted_capacity() const { return parser_.in_body() ? kBodyCapacity : kIdleCapacity; }

void Connection::write_error(const HttpError& error, ReplyHead& head) {
  head.status = error.status;
  head.media_type = kJson;
  head.location = {};
  head.retry_after_s = error.retry_after_s;
  append_error_body(reply_.begin_body(), error);
}

void Connection::account(std::size_t slot, int status, SteadyTime started) {
  const auto duration =
      std::chrono::duration_cast<std::chrono::microseconds>(context_.clock.steady_now() - started);
  const Request& request = parser_.request();
  context_.metrics.record(slot, request.method, status, duration.count());
  if (!context_.options.access_log) return;
  log_debug("{} {} {} in {} us", to_string(request.method), request.target, status, duration.count());
}

}  // namespace chatsync::http
