#include "chat/turn_json.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/json.hpp>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <iterator>

#include "chat/ids.hpp"
#include "chat/own_history_entry.hpp"
#include "chat/plain_json.hpp"
#include "chat/turn_details.hpp"

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

/// Whether eight bytes follow, and all of them are ASCII.
bool is_ascii_word(std::string_view text, std::size_t position) {
  std::uint64_t word = 0;
  if (text.size() - position < sizeof word) return false;
  std::memcpy(&word, text.data() + position, sizeof word);
  return (word & 0x8080'8080'8080'8080) == 0;
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
  if (!turn.details.empty()) {
    out += ",\"details\":";
    append_json_string(out, turn.details);
  }
  out += '}';
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t position = 0;
  while (true) {
    const std::size_t plain_end = end_of_plain(text, position);
    out.append(text, position, plain_end - position);
    if (plain_end == text.size()) break;
    append_escape(out, static_cast<unsigned char>(text[plain_end]));
    position = plain_end + 1;
  }
  out += '"';
}

std::string history_entry_tail(const Turn& turn) {
  std::string out;
  append_history_entry_tail(out, turn);
  return out;
}

std::string history_entry(const Turn& turn) {
  std::string out;
  append_history_entry(out, turn, turn.seq, turn.timestamp_us);
  return out;
}

void append_history_entry(std::string& out, const Turn& turn, std::optional<std::int64_t> seq,
                          std::int64_t timestamp_us) {
  const auto append_number = [&out](std::string_view before, std::int64_t number) {
    const fmt::format_int digits(number);
    out += before;
    out.append(digits.data(), digits.size());
  };
  out += '{';
  if (seq) append_number(R"("seq":)", *seq);
  append_number(seq ? R"(,"created_at":)" : R"("created_at":)", timestamp_us);
  out += ',';
  append_history_entry_tail(out, turn);
}

std::optional<Turn> parse_history_entry(std::string_view session_id, std::string_view text) {
  if (auto own = parse_own_history_entry(session_id, text)) return own;
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
  turn.details = details_or_nothing(text_of(object, "details"));
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
  const int year(date.year());
  if (year < 0 || year > 9'999) {
    fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", year,
                   unsigned(date.month()), unsigned(date.day()), of_day.hours().count(),
                   of_day.minutes().count(), of_day.seconds().count(), of_day.subseconds().count());
    return;
  }
  std::array<char, std::string_view("2026-11-23T03:32:00.123456Z").size()> text;
  char* end = text.data();
  const auto append = [&end](std::int64_t number, int digits, char after) {
    for (int digit = digits; digit-- > 0; number /= 10) end[digit] = static_cast<char>('0' + number % 10);
    end += digits;
    *end++ = after;
  };
  append(year, 4, '-');
  append(unsigned(date.month()), 2, '-');
  append(unsigned(date.day()), 2, 'T');
  append(of_day.hours().count(), 2, ':');
  append(of_day.minutes().count(), 2, ':');
  append(of_day.seconds().count(), 2, '.');
  append(of_day.subseconds().count(), 6, 'Z');
  out.append(text.data(), text.size());
}

bool is_utf8(std::string_view text) {
  for (std::size_t position = 0; position < text.size();) {
    if (is_ascii_word(text, position)) {
      position += sizeof(std::uint64_t);
      continue;
    }
    const std::size_t length = sequence_length(text, position);
    if (length == 0) return false;
    position += length;
  }
  return true;
}

}  // namespace chatsync
