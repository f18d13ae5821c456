#include "chat/letter_payload.hpp"

#include <boost/json.hpp>
#include <charconv>
#include <string>
#include <utility>

#include "chat/ids.hpp"
#include "chat/turn_details.hpp"
#include "chat/turn_json.hpp"

namespace chatsync {
namespace {

namespace json = boost::json;

std::optional<json::object> parse_object(std::string_view text) {
  boost::system::error_code malformed;
  json::value value = json::parse(text, malformed);
  if (malformed || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

std::optional<std::string_view> text_in(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string_view(value->get_string());
}

const json::object* fields_of(const json::object& payload) {
  const json::value* fields = payload.if_contains("fields");
  return fields != nullptr && fields->is_object() ? &fields->get_object() : nullptr;
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Redis' hashes hold texts only, a history entry a number.
std::optional<std::int64_t> seq_of(const json::object& object) {
  const json::value* value = object.if_contains("seq");
  std::optional<std::int64_t> seq;
  if (value != nullptr && value->is_int64()) seq = value->get_int64();
  if (value != nullptr && value->is_string()) seq = whole_number(value->get_string());
  return seq && *seq > 0 ? seq : std::nullopt;
}

std::unexpected<Error> unreadable(std::string reason) {
  return fail(ErrorKind::rejected, std::move(reason), "unreadable_letter");
}

/// The time stamp is the end of the message's key and stands in none of the fields for sure.
Result<Turn> turn_in_fields(const DeadLetter& letter, const json::object& fields) {
  const std::size_t colon = letter.key.rfind(':');
  const std::optional<std::int64_t> timestamp_us =
      colon == std::string::npos ? std::nullopt
                                 : whole_number(std::string_view(letter.key).substr(colon + 1));
  if (!timestamp_us) return unreadable("its key does not end in a time stamp");
  const auto question = text_in(fields, "question");
  const auto answer = text_in(fields, "answer");
  if (!question) return unreadable("it has no question that is UTF-8");
  if (!answer) return unreadable("it has no answer that is UTF-8");

  Turn turn;
  turn.session_id = letter.session_id;
  turn.timestamp_us = *timestamp_us;
  turn.seq = seq_of(fields);
  turn.question = *question;
  turn.answer = *answer;
  turn.status = turn_status_from(text_in(fields, "status").value_or(""));
  turn.model = text_in(fields, "model").value_or("");
  turn.details = details_or_nothing(text_in(fields, "details").value_or(""));
  const std::string_view turn_id = text_in(fields, "turn_id").value_or("");
  turn.turn_id =
      is_turn_id(turn_id) ? std::string(turn_id) : derived_turn_id(letter.session_id, *timestamp_us);
  const std::string_view user_id = text_in(fields, "user_id").value_or("");
  if (is_user_id(user_id)) turn.user_id = user_id;
  return turn;
}

}  // namespace

std::optional<std::int64_t> seq_in_payload(std::string_view payload) {
  const std::optional<json::object> object = parse_object(payload);
  if (!object) return std::nullopt;
  const json::object* fields = fields_of(*object);
  return seq_of(fields == nullptr ? *object : *fields);
}

Result<Turn> turn_in_letter(const DeadLetter& letter) {
  if (!is_session_id(letter.session_id)) return unreadable("its session id is not valid");
  const std::optional<json::object> payload = parse_object(letter.payload);
  if (!payload) return unreadable("its payload is not a JSON object");
  if (const json::object* fields = fields_of(*payload)) return turn_in_fields(letter, *fields);
  if (payload->contains("dump")) return unreadable("the message was of a type that holds no turn");
  std::optional<Turn> turn = parse_history_entry(letter.session_id, letter.payload);
  if (!turn) return unreadable("it has no question and answer");
  if (!payload->contains("created_at")) return unreadable("it has no time stamp");
  if (!is_turn_id(turn->turn_id)) turn->turn_id = derived_turn_id(letter.session_id, turn->timestamp_us);
  if (!is_user_id(turn->user_id)) turn->user_id.clear();
  return *std::move(turn);
}

}  // namespace chatsync
