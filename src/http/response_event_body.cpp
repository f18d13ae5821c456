#include "http/response_event_body.hpp"

#include <utility>

#include "chat/visible_items.hpp"
#include "http/completion_events.hpp"

namespace chatsync::http {

ResponseEventBody::ResponseEventBody(service::RunningResponse response, std::int64_t starting_after,
                                     const Clock& clock)
    : response_(std::move(response)), clock_(clock), events_(response_.turn, starting_after) {}

ResponseEventBody::~ResponseEventBody() {
  // One that is not stored has this reader alone, on its own thread.
  if (response_.answer != nullptr && response_.turn.session_id.empty()) response_.answer->leave();
}

AsyncResult<bool> ResponseEventBody::append_next(std::string* out) {
  if (!std::exchange(begun_, true)) {
    events_.append_begin(*out);
    if (response_.answer != nullptr) co_return true;
    events_.append_end(*out, response_.turn, response_.items);
    co_return false;
  }
  const service::LiveAnswer::Piece piece =
      co_await service::LiveAnswer::read(response_.answer, place_, clock_.steady_now() + kHeartbeat);
  place_ = piece.place;
  if (piece.ended) {
    append_end(*out, piece);
    co_return false;
  }
  if (piece.text.empty() && piece.tool_calls.empty()) *out += kSignOfLife;
  events_.append_text(*out, piece.text);
  co_return true;
}

void ResponseEventBody::append_end(std::string& out, const service::LiveAnswer::Piece& piece) {
  if (piece.turn) {
    events_.append_end(out, piece.turn->turn, visible_items(piece.turn->turn));
  } else if (piece.failure) {
    events_.append_failure(out, piece.failure->message);
  } else {
    const Turn turn = service::answered(response_.turn, response_.answer->assembled().answer());
    events_.append_end(out, turn, visible_items(turn));
  }
}

}  // namespace chatsync::http
