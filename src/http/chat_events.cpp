#include "http/chat_events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "http/completion_events.hpp"
#include "http/http_error.hpp"
#include "http/json_text.hpp"

namespace chatsync::http {
namespace {

/// How much of the text an event's id says that the client has; nothing if it is none of this turn's.
std::optional<std::size_t> offset_in(std::string_view event_id, std::string_view turn_id) {
  if (!event_id.starts_with(turn_id)) return std::nullopt;
  event_id.remove_prefix(turn_id.size());
  if (!event_id.starts_with(':')) return std::nullopt;
  event_id.remove_prefix(1);
  std::size_t offset = 0;
  const auto [end, failure] = std::from_chars(event_id.begin(), event_id.end(), offset);
  if (failure != std::errc() || end != event_id.end()) return std::nullopt;
  return offset;
}

}  // namespace

void append_chat_reply(std::string& out, const service::ChatReply& reply) {
  append_text(out, R"({"session_id":)", reply.session_id);
  append_text(out, R"(,"turn_id":)", reply.turn_id);
  append_number(out, R"(,"question_count":)", reply.question_count);
  append_text(out, R"(,"answer":)", reply.answer);
  append_time(out, R"(,"created_at":)", reply.created_at_us);
  append_text(out, R"(,"durability":)", to_string(reply.durability));
  if (reply.provisional_count) out += R"(,"question_count_provisional":true)";
  out += '}';
}

ChatEvents::ChatEvents(std::shared_ptr<service::LiveAnswer> answer, std::size_t from, const Clock& clock)
    : answer_(std::move(answer)), place_{.text = from}, clock_(clock) {}

AsyncResult<bool> ChatEvents::append_next(std::string* out) {
  const service::TurnName& turn = answer_->turn_name();
  if (!std::exchange(begun_, true)) {
    // At once, so that the client knows its turn before the first word is there.
    append_id(*out, place_.text);
    append_text(*out, "event: start\ndata: {\"session_id\":", turn.session_id);
    append_text(*out, R"(,"turn_id":)", turn.turn_id);
    *out += "}\n\n";
    co_return true;
  }
  service::LiveAnswer::Piece piece =
      co_await service::LiveAnswer::read(answer_, place_, clock_.steady_now() + kHeartbeat);
  place_ = piece.place;
  if (!piece.text.empty()) {
    append_id(*out, place_.text);
    append_text(*out, "event: delta\ndata: {\"text\":", piece.text);
    *out += "}\n\n";
  } else if (!piece.ended) {
    *out += kSignOfLife;
  }
  if (!piece.ended) co_return true;
  append_end(*out, std::move(piece));
  co_return false;
}

void ChatEvents::append_end(std::string& out, service::LiveAnswer::Piece piece) {
  append_id(out, place_.text);
  if (piece.turn && !piece.failure) {
    out += "event: done\ndata: ";
    append_chat_reply(out, reply_of(std::move(*piece.turn)));
  } else {
    out += "event: error\ndata: ";
    append_error_body(out, to_http_error(std::move(piece.failure).value_or(Error{})));
  }
  out += "\n\n";
}

void ChatEvents::append_id(std::string& out, std::size_t offset) const {
  fmt::format_to(std::back_inserter(out), "id: {}:{}\n", answer_->turn_name().turn_id, offset);
}

Result<Reply> chat_event_stream(const Call& call, std::shared_ptr<service::LiveAnswer> answer) {
  std::size_t from = 0;
  if (const std::string& last = call.request->turn_fields().last_event_id; !last.empty()) {
    const auto offset = offset_in(last, answer->turn_name().turn_id);
    if (!offset) {
      return fail(ErrorKind::invalid_argument, "expected the id of an event of this turn", "invalid_value",
                  "Last-Event-ID");
    }
    from = *offset;
  }
  Reply reply;
  reply.media_type = kEventStream;
  reply.replayed = answer->replayed();
  reply.body = std::make_unique<ChatEvents>(std::move(answer), from, *call.clock);
  return reply;
}

}  // namespace chatsync::http
