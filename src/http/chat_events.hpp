#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "http/handler.hpp"
#include "service/live_answer.hpp"

namespace chatsync::http {

/// The object that POST /chat replies with.
void append_chat_reply(std::string& out, const service::ChatReply& reply);

/// A streamed answer of POST /chat as server-sent events: `start`, `delta` for each piece of the text, and at
/// its end `done` with what the plain reply would be, or `error`. The id of each is the turn and up to where
/// in the text it goes, so that a client that has lost the connection can go on behind it.
class ChatEvents final : public BodyProducer {
 public:
  /// `from`: bytes of the text that the client has. `clock` must outlive it.
  ChatEvents(std::shared_ptr<service::LiveAnswer> answer, std::size_t from, const Clock& clock);

  AsyncResult<bool> append_next(std::string* out) override;

 private:
  void append_end(std::string& out, service::LiveAnswer::Piece piece);
  void append_id(std::string& out, std::size_t offset) const;

  std::shared_ptr<service::LiveAnswer> answer_;
  service::LiveAnswer::Place place_;
  const Clock& clock_;
  bool begun_ = false;
};

/// A stream of them as the reply to a request, which goes on where its Last-Event-ID says. `invalid_argument`
/// if that is not an id of this answer.
Result<Reply> chat_event_stream(const Call& call, std::shared_ptr<service::LiveAnswer> answer);

}  // namespace chatsync::http
