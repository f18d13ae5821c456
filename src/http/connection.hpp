#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include "http/connection_context.hpp"
#include "http/deadlines.hpp"
#include "http/input_buffer.hpp"
#include "http/reply_buffer.hpp"
#include "http/request_parser.hpp"
#include "http/router.hpp"

namespace chatsync::http {

/// One client. Reads a request, runs its handler to the end, writes the reply (in one piece, or piece by
/// piece if its body is produced while it is sent), then looks at the next request: nothing is read
/// meanwhile, so a client that sends on without reading fills its own socket, not our memory. Used from its
/// worker's thread only.
class Connection : public DeadlineEntry {
 public:
  Connection(boost::asio::ip::tcp::socket socket, ConnectionContext& context);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Serves the client until either side ends the connection. The object must outlive it.
  boost::asio::awaitable<void> run();

  /// The time allowed for `phase` is over.
  void expire(Phase phase);

  /// Ends the wait for a request of which nothing has come.
  void end_wait();

  /// Closes the socket, in whatever phase.
  void cut();

 private:
  enum class Next { go_on, linger, close };
  enum class Interruption { none, expired, ended };
  /// What a request asks for, and who.
  struct Asked {
    Arguments arguments;
    Caller caller;
  };
  /// A request for which there is a handler.
  struct Routed {
    const Route* route;
    std::size_t slot;
    SteadyTime started;
  };
  /// A reply, or what of it the socket has not taken, and what comes after all of it.
  struct Unsent {
    std::string_view rest;
    Next next;
  };

  boost::asio::awaitable<Next> receive();
  boost::asio::awaitable<Next> begin_body();
  boost::asio::awaitable<Next> answer();
  boost::asio::awaitable<Next> answer_as_decided(Dispatch found, SteadyTime started);
  boost::asio::awaitable<Next> answer_by_handler(Routed routed);
  boost::asio::awaitable<Next> answer_in_pieces(Result<Reply>* reply, std::string* out, Routed routed);
  boost::asio::awaitable<Next> refuse(Dispatch refusal);
  boost::asio::awaitable<Next> refuse_malformed();
  /// `message` is a literal.
  boost::asio::awaitable<Next> refuse_broken_off(int status, std::string_view message);
  boost::asio::awaitable<Next> stream(ReplyHead head, BodyProducer* body);
  Next break_off(BodyEnd body_end, const Error& reason);
  AsyncResult<Reply> handle(const Route& route, std::string* out);
  AsyncResult<bool> next_piece(BodyProducer* body, std::string* out);
  std::unexpected<Error> failed_by(const std::exception_ptr& escaped);
  boost::asio::awaitable<bool> send(std::string_view text);
  /// Takes off `text` what the socket takes without waiting. False: the client is gone.
  bool write_what_fits(std::string_view& text);
  boost::asio::awaitable<void> linger();

  void enter(Phase next);
  /// What is to be done with the request, which fills in `asked_`.
  Dispatch dispatched();
  Next read_what_came();
  ReplyHead head_of(const Result<Reply>& reply);
  ReplyHead settle(ReplyHead head, std::size_t slot, SteadyTime started);
  Unsent write_reply(ReplyHead head);
  Unsent put_together(ReplyHead head);
  Unsent put_together(const Result<Reply>& reply, Routed routed);
  void complete(ReplyHead& head);
  bool between_requests() const;
  std::size_t wanted_capacity() const;
  void write_error(const HttpError& error, ReplyHead& head);
  void account(std::size_t slot, int status, SteadyTime started);

  boost::asio::ip::tcp::socket socket_;
  ConnectionContext& context_;
  RequestParser parser_;
  std::unique_ptr<Asked> asked_;  ///< Of the request that is being answered; null if long idle.
  InputBuffer input_;
  ReplyBuffer reply_;
  Interruption interruption_ = Interruption::none;
};

}  // namespace chatsync::http
