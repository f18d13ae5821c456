#include "chat/turn_json.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <chrono>
#include <cstring>
#include <iterator>

#include "chat/ids.hpp"

namespace chatsync {
namespace {

namespace json = boost::json;

void append_escape(std::string& out, unsigned char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
  }
}

bool needs_escape(unsigned char c) { return c < 0x20 || c == '"' || c == '\\'; }

/// Whether one of the eight bytes from `bytes` on may need an escape: most text is passed by eight bytes at a
/// time. A byte is below n, if n is at most 0x80, exactly where its subtraction borrows into its own highest
/// bit, which was not set; the borrow may tell too much of the next byte, never too little.
bool may_need_escape(const char* bytes) {
  constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  const auto has_below = [](std::uint64_t from, unsigned char limit) {
    return (from - kOnes * limit) & ~from & (kOnes * 0x80);
  };
  return (has_below(word, 0x20) | has_below(word ^ (kOnes * '"'), 1) | has_below(word ^ (kOnes * '\\'), 1)) !=
         0;
}

std::string_view text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

/// The length of the UTF-8 sequence at `position` of `text`, 0 if it is malformed (overlong, surrogate, cut
/// off).
std::size_t sequence_length(std::string_view text, std::size_t position) {
  const auto byte = [&](std::size_t offset) {
    return position + offset < text.size() ? static_cast<unsigned char>(text[position + offset]) : 0U;
  };
  const auto continues = [&](std::size_t offset) { return (byte(offset) & 0xC0U) == 0x80U; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const bool overlong = lead == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = lead == 0xED && byte(1) > 0x9F;
    return continues(1) && continues(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const bool overlong = lead == 0xF0 && byte(1) < 0x90;
    const bool too_great = lead == 0xF4 && byte(1) > 0x8F;
    return continues(1) && continues(2) && continues(3) && !overlong && !too_great ? 4 : 0;
  }
  return 0;
}

void append_history_entry_tail(std::string& out, const Turn& turn) {
  out.reserve(out.size() + turn.question.size() + turn.answer.size() + turn.user_id.size() +
              turn.model.size() + 160);
  out += "\"turn_id\":";
  append_json_string(out, turn.turn_id);
  out += ",\"user_id\":";
  append_json_string(out, turn.user_id);
  out += ",\"question\":";
  append_json_string(out, turn.question);
  out += ",\"answer\":";
  append_json_string(out, turn.answer);
  out += ",\"status\":";
  append_json_string(out, to_string(turn.status));
  out += ",\"model\":";
  append_json_string(out, turn.model);
  out += '}';
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain_from = 0;
  std::size_t i = 0;
  while (i < text.size()) {
    if (i + sizeof(std::uint64_t) <= text.size() && !may_need_escape(text.data() + i)) {
      i += sizeof(std::uint64_t);
      continue;
    }
    const auto c = static_cast<unsigned char>(text[i]);
    if (needs_escape(c)) {
      out.append(text, plain_from, i - plain_from);
      append_escape(out, c);
      plain_from = i + 1;
    }
    ++i;
  }
  out.append(text, plain_from);
  out += '"';
}

std::string history_entry_tail(const Turn& turn) {
  std::string out;
  append_history_entry_tail(out, turn);
  return out;
}

std::string history_entry(const Turn& turn) {
  std::string out;
  append_history_entry(out, turn);
  return out;
}

void append_history_entry(std::string& out, const Turn& turn) {
  const auto end = std::back_inserter(out);
  if (turn.seq) {
    fmt::format_to(end, R"({{"seq":{},"created_at":{},)", *turn.seq, turn.timestamp_us);
  } else {
    fmt::format_to(end, R"({{"created_at":{},)", turn.timestamp_us);
  }
  append_history_entry_tail(out, turn);
}

std::optional<Turn> parse_history_entry(std::string_view session_id, std::string_view text) {
  boost::system::error_code malformed;
  const json::value value = json::parse(text, malformed);
  if (malformed || !value.is_object()) return std::nullopt;
  const json::object& object = value.get_object();
  const json::value* question = object.if_contains("question");
  const json::value* answer = object.if_contains("answer");
  if (question == nullptr || !question->is_string() || answer == nullptr || !answer->is_string())
    return std::nullopt;

  Turn turn;
  turn.session_id = session_id;
  turn.question = question->get_string();
  turn.answer = answer->get_string();
  turn.turn_id = text_of(object, "turn_id");
  turn.user_id = text_of(object, "user_id");
  turn.status = turn_status_from(text_of(object, "status"));
  turn.model = text_of(object, "model");
  if (const json::value* seq = object.if_contains("seq"); seq != nullptr && seq->is_int64())
    turn.seq = seq->get_int64();
  if (const json::value* at = object.if_contains("created_at"); at != nullptr && at->is_int64()) {
    turn.timestamp_us = at->get_int64();
  }
  if (turn.turn_id.empty()) turn.turn_id = derived_turn_id(session_id, turn.timestamp_us);
  return turn;
}

std::string to_iso8601(std::int64_t timestamp_us) {
  std::string out;
  append_iso8601(out, timestamp_us);
  return out;
}

void append_iso8601(std::string& out, std::int64_t timestamp_us) {
  namespace time = std::chrono;
  const time::sys_time<time::microseconds> moment{time::microseconds(timestamp_us)};
  const auto midnight = time::floor<time::days>(moment);
  const time::year_month_day date(midnight);
  const time::hh_mm_ss of_day(moment - midnight);
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", int(date.year()),
                 unsigned(date.month()), unsigned(date.day()), of_day.hours().count(),
                 of_day.minutes().count(), of_day.seconds().count(), of_day.subseconds().count());
}

bool is_utf8(std::string_view text) {
  for (std::size_t position = 0; position < text.size();) {
    const std::size_t length = sequence_length(text, position);
    if (length == 0) return false;
    position += length;
  }
  return true;
}

}  // namespace chatsync
